package dev.varve.log;

import java.time.Duration;
import java.util.Objects;

/**
 * When appends are synced to the disk, and so what an acknowledgement means.
 */
public sealed interface SyncPolicy {
    /** A hundred years: a delay that never ends, in nanoseconds that can still be counted. */
    Duration LONGEST_DELAY = Duration.ofDays(36_500);

    /**
     * Never synced while appending, only at a flush, a roll and a clean close. Acknowledged and visible once written to
     * the operating system: survives the death of the process, not the loss of power.
     */
    record None() implements SyncPolicy {}

    /** Synced before it is acknowledged and visible: survives the loss of power. */
    record EveryWrite() implements SyncPolicy {}

    /**
     * Acknowledged and visible once written to the operating system; synced when this many batches, or this much time
     * since the first of them, have come together. A loss of power takes at most that.
     *
     * @param writes batches, 1 or more
     * @param maxDelay more than zero, up to {@link #LONGEST_DELAY}
     */
    record EveryNWrites(int writes, Duration maxDelay) implements SyncPolicy {
        public EveryNWrites {
            Objects.requireNonNull(maxDelay, "maxDelay");
            if (writes < 1) {
                throw new IllegalArgumentException("every-n-writes needs 1 write or more, not " + writes);
            }
            if (maxDelay.isZero() || maxDelay.isNegative()) {
                throw new IllegalArgumentException("every-n-writes needs a delay of more than zero, not " + maxDelay);
            }
            if (maxDelay.compareTo(LONGEST_DELAY) > 0) {
                throw new IllegalArgumentException(
                        "every-n-writes needs a delay of up to " + LONGEST_DELAY + ", not " + maxDelay);
            }
        }
    }

    static SyncPolicy none() {
        return new None();
    }

    static SyncPolicy everyWrite() {
        return new EveryWrite();
    }

    static SyncPolicy everyNWrites(int writes, Duration maxDelay) {
        return new EveryNWrites(writes, maxDelay);
    }
}
