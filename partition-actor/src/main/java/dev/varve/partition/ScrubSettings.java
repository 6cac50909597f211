package dev.varve.partition;

import java.time.Duration;

/**
 * How often a partition looks through its log for damage. Immutable.
 *
 * @param interval from the beginning of one walk to that of the next, if it has ended by then; more than zero
 * @param bytesPerSecond how much is read for it, on average; 1 or more
 */
public record ScrubSettings(Duration interval, long bytesPerSecond) {
    /** As in the reference configuration. */
    public static final ScrubSettings DEFAULT = new ScrubSettings(Duration.ofDays(7), 8 << 20);

    public ScrubSettings {
        if (interval.isZero() || interval.isNegative()) {
            throw new IllegalArgumentException("the scrub interval must be more than zero, not " + interval);
        }
        if (bytesPerSecond < 1) {
            throw new IllegalArgumentException(
                    "the bytes per second of the scrub must be 1 or more, not " + bytesPerSecond);
        }
    }
}
