package dev.varve.log;

import dev.varve.log.io.LateLogger;
import java.time.Duration;

/** Does what is due in a log by the clock. To be called while the log's {@code writing} is held. */
final class Housekeeping {
    private static final LateLogger LOGGER = new LateLogger(Housekeeping.class);

    /** How often, at least, the owner is asked to keep house. */
    private static final Duration LONGEST_REST = Duration.ofSeconds(1);

    private final LogTail tail;
    private final Readiness readiness;
    private final LogClock clock;
    private final long markDelayNanos;

    Housekeeping(LogTail tail, Readiness readiness, LogOptions options) {
        this.tail = tail;
        this.readiness = readiness;
        this.clock = options.clock();
        this.markDelayNanos = Delays.nanos(options.markDelay());
    }

    /** As {@link PartitionLog#housekeep} says. */
    Duration run() {
        try {
            return runOrThrow();
        } catch (LogException.ReadOnly | LogException.OutcomeUnknown | LogException.Failed e) {
            LOGGER.warn("Housekeeping: {}", e.getMessage());
            return LONGEST_REST;
        }
    }

    private Duration runOrThrow() {
        long now = clock.monotonicNanos();
        if (readiness.state() == LogState.READ_ONLY) {
            readiness.resume();
            return Readiness.ROOM_CHECK_INTERVAL;
        }
        if (readiness.state() != LogState.READY) {
            return LONGEST_REST;
        }
        if (tail.isSyncDue(now)) {
            readiness.attempt(tail::flush);
        }
        if (tail.isAged()) {
            readiness.attempt(tail::roll);
        }
        long rest = Math.min(LONGEST_REST.toNanos(), tail.nanosUntilSync(now));
        if (tail.isMarkWanted()) {
            long markDue = tail.lastCommitNanos() + markDelayNanos - now;
            if (markDue > 0) {
                rest = Math.min(rest, markDue);
            } else {
                readiness.attempt(tail::mark);
            }
        }
        return Duration.ofNanos(Math.max(1, rest));
    }
}
