package dev.varve.log.compaction;

import java.time.Duration;
import java.util.Objects;

/**
 * What compaction takes out of a log, and when a segment is worth it.
 *
 * @param keep what is to stay
 * @param minDeadShare how much of a segment must be dead for it to be written anew, from 0 to 1: of its batches with keys, as
 *     far as the tables of keys tell. 0 takes every segment in which anything is dead
 * @param tombstoneAge how long a record without a value stays under {@link Keep#LATEST_OF_KEY} after its segment was sealed, so
 *     that readers who follow the log hear of the deletion; zero or more
 */
public record CompactionPolicy(Keep keep, double minDeadShare, Duration tombstoneAge) {

    /** What stays. Records without a key always do. */
    public enum Keep {
        /**
         * All but what was deleted: records up to the key sequence that a deletion names, and everything about a key that was
         * forgotten.
         */
        UNDELETED,
        /**
         * Of that the last record of each key, and what carries its highest key sequence. A last record without a value is a deletion
         * too, and goes when it has nothing left to delete and its age is reached, unless it is numbered: the highest sequence of a
         * key is never lost.
         */
        LATEST_OF_KEY
    }

    public CompactionPolicy {
        Objects.requireNonNull(keep, "keep");
        Objects.requireNonNull(tombstoneAge, "tombstoneAge");
        if (!(minDeadShare >= 0 && minDeadShare <= 1)) {
            throw new IllegalArgumentException("the dead share must be from 0 to 1, not " + minDeadShare);
        }
        if (tombstoneAge.isNegative()) {
            throw new IllegalArgumentException("the age of tombstones must be zero or more, not " + tombstoneAge);
        }
    }

    /** Half of a segment, and a day. */
    public static CompactionPolicy of(Keep keep) {
        return new CompactionPolicy(keep, 0.5, Duration.ofDays(1));
    }

    public CompactionPolicy withMinDeadShare(double share) {
        return new CompactionPolicy(keep, share, tombstoneAge);
    }

    public CompactionPolicy withTombstoneAge(Duration age) {
        return new CompactionPolicy(keep, minDeadShare, age);
    }
}
