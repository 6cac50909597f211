package dev.varve.log.io;

/**
 * Keeps an interrupt that came before a piece of work from breaking it off: the Java platform closes a channel that an
 * interrupted thread so much as touches. One that comes in the middle of the work still does so.
 */
final class Interrupts {
    private Interrupts() {}

    /** Takes a pending interrupt from this thread and tells whether there was one, which is to be {@link #restore restored}. */
    static boolean putOff() {
        return Thread.interrupted();
    }

    /** Makes an interrupt that was put off pending again. */
    static void restore(boolean interrupted) {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
