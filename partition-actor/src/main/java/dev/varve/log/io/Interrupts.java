package dev.varve.log.io;

import java.io.IOException;

/**
 * Keeps an interrupt that came before a piece of work from breaking it off: the Java platform closes a channel that an
 * interrupted thread so much as touches. One that comes in the middle of the work still does so.
 */
final class Interrupts {
    private Interrupts() {}

    /** Work on a channel. */
    interface Work {
        void run() throws IOException;
    }

    /** Does the work without a pending interrupt of this thread, which is pending again afterwards. */
    static void putOff(Work work) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            work.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
