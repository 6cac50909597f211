package dev.varve.log;

/** The two clocks that a log needs. Any thread. */
public interface LogClock {

    /** The wall clock, in milliseconds since 1970-01-01T00:00:00Z; it may jump. */
    long wallMillis();

    /** A clock that only goes forward, in nanoseconds from some origin; for delays. */
    long monotonicNanos();

    /** The clocks of the machine. */
    static LogClock system() {
        return new LogClock() {
            @Override
            public long wallMillis() {
                return System.currentTimeMillis();
            }

            @Override
            public long monotonicNanos() {
                return System.nanoTime();
            }
        };
    }
}
