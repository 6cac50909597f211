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

    /** How much time lies between two points on a scale, which may be its ends; below zero if the second comes first. */
    static long passed(long from, long to) {
        long passed = to - from;
        // An overflow: more than a number can say.
        if (((from ^ to) & (to ^ passed)) < 0) {
            return to > from ? Long.MAX_VALUE : Long.MIN_VALUE;
        }
        return passed;
    }

    static long millis(Duration duration) {
        try {
            return duration.toMillis();
        } catch (ArithmeticException e) {
            return Long.MAX_VALUE;
        }
    }
}
