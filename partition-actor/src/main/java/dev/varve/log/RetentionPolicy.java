package dev.varve.log;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How much of a log is kept. Whole sealed segments go, oldest first; the active one never does.
 *
 * @param maxAge a segment may go when its last record is older than this; empty for no limit. See {@link SegmentTimes} for what that
 *     means when clocks were wrong
 * @param maxBytes the oldest segments go until the log takes no more than so many bytes, indexes not counted; empty for no limit
 * @param clockTrust how long the wall clock must have gone as a clock does before the present time is believed to be what it says; zero
 *     or more. Until then, that is after the log was opened and after a jump, time goes on from what was believed before; a jump back is
 *     believed at once, for it deletes nothing
 */
public record RetentionPolicy(Optional<Duration> maxAge, OptionalLong maxBytes, Duration clockTrust) {
    public static final Duration DEFAULT_CLOCK_TRUST = Duration.ofHours(1);

    /** Everything is kept. */
    public static final RetentionPolicy KEEP_ALL =
            new RetentionPolicy(Optional.empty(), OptionalLong.empty(), DEFAULT_CLOCK_TRUST);

    public RetentionPolicy {
        Objects.requireNonNull(maxBytes, "maxBytes");
        maxAge.ifPresent(age -> notNegative(age, "maximum age"));
        notNegative(clockTrust, "clock trust");
        if (maxBytes.isPresent() && maxBytes.getAsLong() < 0) {
            throw new IllegalArgumentException("the maximum size must be 0 or more, not " + maxBytes.getAsLong());
        }
    }

    private static void notNegative(Duration value, String name) {
        if (value.isNegative()) {
            throw new IllegalArgumentException("the " + name + " must be zero or more, not " + value);
        }
    }

    public RetentionPolicy withMaxAge(Duration age) {
        return new RetentionPolicy(Optional.of(age), maxBytes, clockTrust);
    }

    public RetentionPolicy withMaxBytes(long bytes) {
        return new RetentionPolicy(maxAge, OptionalLong.of(bytes), clockTrust);
    }

    public RetentionPolicy withClockTrust(Duration trust) {
        return new RetentionPolicy(maxAge, maxBytes, trust);
    }

    /** Whether there is no limit. */
    public boolean keepsAll() {
        return maxAge.isEmpty() && maxBytes.isEmpty();
    }
}
