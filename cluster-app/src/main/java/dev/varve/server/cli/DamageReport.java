package dev.varve.server.cli;

import dev.varve.log.Damage;
import java.io.PrintStream;
import java.util.function.Consumer;

/** Tells on standard error where records are lost, and remembers that some are. For one thread. */
final class DamageReport implements Consumer<Damage> {
    private final PrintStream err;
    private boolean hasMet;

    DamageReport(PrintStream err) {
        this.err = err;
    }

    @Override
    public void accept(Damage damage) {
        hasMet = true;
        err.println("varve: " + Findings.text(damage));
    }

    int exitCode() {
        return hasMet ? ExitCodes.DAMAGE : ExitCodes.FINE;
    }
}
