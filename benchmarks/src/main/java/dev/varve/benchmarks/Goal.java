package dev.varve.benchmarks;

import java.util.function.Predicate;

/**
 * What is asked of a row.
 *
 * @param words what, in words
 * @param isMet whether a result is good enough
 */
public record Goal(String words, Predicate<Result> isMet) {

    /** So much in the row's unit, at least; or, where the unit is the time of one, at most. */
    public static Goal figure(Unit unit, double asked) {
        return new Goal(unit.goal(asked), result -> unit.meets(result.ours(), asked));
    }

    /** At least this share of the raw floor. */
    public static Goal shareOfRaw(double share) {
        return new Goal(share + " of raw", result -> result.ratio() >= share);
    }

    /** A median latency under this multiple of that of the raw floor. */
    public static Goal p50UnderRawTimes(double factor) {
        return new Goal(
                "p50 under " + factor + " of raw", result -> result.oursMicros(0.5) < factor * result.rawMicros(0.5));
    }

    /** All but one in a hundred operations done within this time. */
    public static Goal p99UnderMillis(double millis) {
        return new Goal("p99 under " + Unit.number(millis) + " ms", result -> result.oursMicros(0.99) < 1e3 * millis);
    }
}
