package dev.varve.server.cli;

/**
 * How long whoever follows a log in another process rests before looking again: short when something came a moment ago, and
 * longer the longer nothing does. For one thread.
 */
final class FollowPause {
    private static final long LEAST_MILLIS = 1;
    private static final long GREATEST_MILLIS = 100;

    private long millis = LEAST_MILLIS;

    void reset() {
        millis = LEAST_MILLIS;
    }

    /** Rests; false if the thread was interrupted and is to end. */
    boolean rest() {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        millis = Math.min(2 * millis, GREATEST_MILLIS);
        return true;
    }
}
