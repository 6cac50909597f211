package dev.varve.log.machine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Cuts file systems off from their disk as a loss of power does: what was not synced is lost, the journal included. How it does that says
 * {@code cutpower.c}.
 */
public final class PowerCut {
    private final Path program;

    private PowerCut(Path program) {
        this.program = program;
    }

    /** Compiles the program into this directory; skips the test if there is no compiler. */
    public static PowerCut build(Path temporary) throws IOException {
        Machine.needs("gcc");
        Path source = temporary.resolve("cutpower.c");
        try (InputStream resource = PowerCut.class.getResourceAsStream("cutpower.c")) {
            Files.copy(resource, source);
        }
        Path program = temporary.resolve("cutpower");
        Machine.mustRun("gcc", "-Wall", "-Werror", "-o", program.toString(), source.toString());
        return new PowerCut(program);
    }

    /** The power goes. {@link Mount#again()} brings it back. */
    public void of(Mount mount) throws IOException {
        Machine.mustRun(program.toString(), mount.directory().toString());
    }
}
