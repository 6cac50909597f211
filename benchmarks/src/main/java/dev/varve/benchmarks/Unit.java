package dev.varve.benchmarks;

import java.util.Locale;

/** How a row's figures are told. What is measured is always an amount per second, of which more is better. */
public enum Unit {
    /** Thousands of operations in a second. */
    THOUSANDS_PER_SECOND("k/s", 1e-3, false),
    /** Millions of records in a second. */
    MILLIONS_PER_SECOND("M rec/s", 1e-6, false),
    /** Gigabytes, of 10^9 bytes, in a second. */
    GIGABYTES_PER_SECOND("GB/s", 1e-9, false),
    /** How many milliseconds one takes. */
    MILLIS("ms", 1e3, true);

    private final String symbol;
    private final double scale;
    private final boolean timeOfOne;

    Unit(String symbol, double scale, boolean timeOfOne) {
        this.symbol = symbol;
        this.scale = scale;
        this.timeOfOne = timeOfOne;
    }

    /** The figure in this unit. */
    double of(double perSecond) {
        return timeOfOne ? scale / perSecond : scale * perSecond;
    }

    /** Whether what took this long, or came to this much, is as good as the figure asked for. */
    boolean meets(double perSecond, double asked) {
        return timeOfOne ? of(perSecond) <= asked : of(perSecond) >= asked;
    }

    String format(double perSecond) {
        return number(of(perSecond)) + " " + symbol;
    }

    /** A goal in words. */
    String goal(double asked) {
        return (timeOfOne ? "under " : "") + number(asked) + " " + symbol;
    }

    static String number(double value) {
        return String.format(Locale.ROOT, value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
    }
}
