package dev.varve.log;

import dev.varve.log.segment.ActiveSegment;

/** When the active segment is to be sealed, and another one begun, under a policy. For one thread at a time. */
final class RollSchedule {
    /** A segment may outlive its age by so much. */
    private static final long AGE_CHECK_NANOS = 1_000_000;

    private final RollPolicy policy;
    private final LogClock clock;
    private final long maxAgeMillis;
    private long lastAgeCheckNanos;

    RollSchedule(RollPolicy policy, LogClock clock) {
        this.policy = policy;
        this.clock = clock;
        this.maxAgeMillis = Delays.millis(policy.maxAge());
        this.lastAgeCheckNanos = clock.monotonicNanos() - AGE_CHECK_NANOS;
    }

    /** Up to where a segment may go, but for a batch that is larger. */
    long segmentBytes() {
        return policy.segmentBytes();
    }

    /** Whether a batch would break a bound of the policy behind what the segment holds and so many bytes more. */
    boolean isDueBefore(ActiveSegment active, long bytesAhead, StagedBatch batch) {
        boolean isFirst = active.isEmpty() && bytesAhead == 0;
        if (batch.lastOffset() - active.baseOffset() > Math.min(policy.maxOffsetSpan(), Integer.MAX_VALUE)) {
            return !isFirst || batch.baseOffset > active.baseOffset();
        }
        return !isFirst && active.end() + bytesAhead + batch.frameBytes > policy.segmentBytes();
    }

    /** As {@link #isAged(ActiveSegment)}, which asks a clock: for appends, of which there may be thousands until the answer changes. */
    boolean isAged(ActiveSegment active, long nowNanos) {
        if (nowNanos - lastAgeCheckNanos < AGE_CHECK_NANOS) {
            return false;
        }
        lastAgeCheckNanos = nowNanos;
        return isAged(active);
    }

    /** Whether the segment has records and is older than the policy allows. */
    boolean isAged(ActiveSegment active) {
        return !active.isEmpty() && Delays.passed(active.createdMillis(), clock.wallMillis()) > maxAgeMillis;
    }
}
