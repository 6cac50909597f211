package dev.varve.log.testkit;

import dev.varve.log.LogClock;
import java.time.Duration;

/** Clocks that move only when told to. Any thread. */
public final class ManualClock implements LogClock {
    private long wallMillis = 1_700_000_000_000L;
    private long monotonicNanos = 1;

    @Override
    public synchronized long wallMillis() {
        return wallMillis;
    }

    @Override
    public synchronized long monotonicNanos() {
        return monotonicNanos;
    }

    /** Lets time pass: both clocks go forward. */
    public synchronized void advance(Duration time) {
        wallMillis += time.toMillis();
        monotonicNanos += time.toNanos();
    }

    /** Sets the wall clock, forward or back, as an operator or a time server would. */
    public synchronized void jumpTo(long newWallMillis) {
        wallMillis = newWallMillis;
    }
}
