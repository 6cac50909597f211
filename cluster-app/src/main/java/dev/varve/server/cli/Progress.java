package dev.varve.server.cli;

import java.io.PrintStream;
import java.util.Locale;

/** Tells a person at a terminal, a few times a second and always on the same line, how far a command has come. One thread at a time. */
final class Progress {
    private static final long INTERVAL_NANOS = 200_000_000;
    private static final String CLEAR_LINE = "\r\u001b[K";

    private final PrintStream terminal;
    private long lastNanos = System.nanoTime();
    private boolean isShown;

    private Progress(PrintStream terminal) {
        this.terminal = terminal;
    }

    /** Progress on a stream, if that is a terminal; else none. */
    static Progress on(PrintStream stream, boolean isTerminal) {
        return new Progress(isTerminal ? stream : null);
    }

    /**
     * Tells how much is done.
     *
     * @param total of how much; 0 if that is not known
     */
    void tell(String what, long done, long total, String unit) {
        if (terminal == null || System.nanoTime() - lastNanos < INTERVAL_NANOS) {
            return;
        }
        lastNanos = System.nanoTime();
        isShown = true;
        String line = total > 0
                ? String.format(
                        Locale.ROOT,
                        "%s: %d%% (%,d of %,d %s)",
                        what,
                        Math.min(100, Math.round(100.0 * done / total)),
                        done,
                        total,
                        unit)
                : String.format(Locale.ROOT, "%s: %,d %s", what, done, unit);
        terminal.print(CLEAR_LINE + line);
        terminal.flush();
    }

    /** Makes room for other output. */
    void clear() {
        if (isShown) {
            isShown = false;
            terminal.print(CLEAR_LINE);
            terminal.flush();
        }
    }
}
