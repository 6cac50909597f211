package dev.varve.log;

import java.time.Duration;

/** Durations as numbers to reckon with. One that is too long for a number is for ever, and a number says so well enough. */
final class Delays {
    private Delays() {}

    static long nanos(Duration duration) {
        try {
            return duration.toNanos();
        } catch (ArithmeticException e) {
            return Long.MAX_VALUE;
        }
    }

    static long millis(Duration duration) {
        try {
            return duration.toMillis();
        } catch (ArithmeticException e) {
            return Long.MAX_VALUE;
        }
    }
}
