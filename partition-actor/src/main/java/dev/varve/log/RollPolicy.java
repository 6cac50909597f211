package dev.varve.log;

import java.time.Duration;
import java.util.Objects;

/**
 * When the active segment is sealed and a new one begun: before the batch that would break one of these bounds, never
 * inside a batch. A batch that is larger than a segment has one to itself.
 *
 * @param segmentBytes the greatest size of a segment file in bytes, from {@link #MIN_SEGMENT_BYTES} to {@link #MAX_SEGMENT_BYTES}
 * @param maxAge how long after its creation a segment takes appends; more than zero
 * @param maxOffsetSpan how far the last offset of a segment may lie behind its base offset, from 1 to {@link Integer#MAX_VALUE}
 */
public record RollPolicy(long segmentBytes, Duration maxAge, long maxOffsetSpan) {
    /** 1 KiB: a segment header and room for a small batch. */
    public static final long MIN_SEGMENT_BYTES = 1 << 10;

    /** 1 GiB, so that every position in a segment fits an index entry even behind one batch of the greatest size. */
    public static final long MAX_SEGMENT_BYTES = 1 << 30;

    /** 1 GiB, 7 days, the whole index range. */
    public static final RollPolicy DEFAULT = new RollPolicy(MAX_SEGMENT_BYTES, Duration.ofDays(7), Integer.MAX_VALUE);

    public RollPolicy {
        Objects.requireNonNull(maxAge, "maxAge");
        if (segmentBytes < MIN_SEGMENT_BYTES || segmentBytes > MAX_SEGMENT_BYTES) {
            throw new IllegalArgumentException("segment bytes must be from " + MIN_SEGMENT_BYTES + " to "
                    + MAX_SEGMENT_BYTES + ", not " + segmentBytes);
        }
        if (maxAge.isZero() || maxAge.isNegative()) {
            throw new IllegalArgumentException("the maximum age of a segment must be more than zero, not " + maxAge);
        }
        if (maxOffsetSpan < 1 || maxOffsetSpan > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "the offset span must be from 1 to " + Integer.MAX_VALUE + ", not " + maxOffsetSpan);
        }
    }

    public RollPolicy withSegmentBytes(long bytes) {
        return new RollPolicy(bytes, maxAge, maxOffsetSpan);
    }

    public RollPolicy withMaxAge(Duration age) {
        return new RollPolicy(segmentBytes, age, maxOffsetSpan);
    }

    public RollPolicy withMaxOffsetSpan(long span) {
        return new RollPolicy(segmentBytes, maxAge, span);
    }
}
