package dev.varve.cluster;

import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.compaction.CompactionPolicy.Keep;
import java.util.Optional;

/**
 * What is taken out of the partitions of a topic in the background. Only the partitions of a topic that is compacted find records by their
 * keys, and know conditions on them.
 */
public enum TopicCompaction {
    /** Nothing, whatever the keys. */
    OFF(0, "off", null),

    /** Records that were deleted by their keys, and those of keys that were forgotten. */
    UNDELETED(2, "undeleted", Keep.UNDELETED),

    /** That, and all but the last record of each key; one without a value is a deletion. */
    LATEST_OF_KEY(1, "latest-of-key", Keep.LATEST_OF_KEY);

    /** The number that is written; never changes. A yes or no was written before there were more than these two. */
    private final int code;

    private final String text;
    private final Keep keep;

    TopicCompaction(int code, String text, Keep keep) {
        this.code = code;
        this.text = text;
        this.keep = keep;
    }

    /** {@link #LATEST_OF_KEY} or {@link #OFF}. */
    public static TopicCompaction of(boolean isCompacted) {
        return isCompacted ? LATEST_OF_KEY : OFF;
    }

    /**
     * The one with a name: {@code off}, {@code undeleted} or {@code latest-of-key}.
     *
     * @throws IllegalArgumentException if there is none; the message says which there are
     */
    public static TopicCompaction named(String name) {
        for (TopicCompaction each : values()) {
            if (each.text.equals(name)) {
                return each;
            }
        }
        throw new IllegalArgumentException("compaction is off, undeleted or latest-of-key, not " + name);
    }

    static TopicCompaction ofCode(int code) {
        for (TopicCompaction each : values()) {
            if (each.code == code) {
                return each;
            }
        }
        throw new UnreadableEntryException("compaction number " + code);
    }

    int code() {
        return code;
    }

    /** How a log is to be compacted; empty if it is not. */
    Optional<CompactionPolicy> policy() {
        return Optional.ofNullable(keep).map(CompactionPolicy::of);
    }

    /** The name. */
    @Override
    public String toString() {
        return text;
    }
}
