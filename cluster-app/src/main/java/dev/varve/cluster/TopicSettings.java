package dev.varve.cluster;

import dev.varve.log.format.Compression;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * What can be changed of a topic. Immutable.
 *
 * @param retentionMs how long records are kept, in milliseconds, by their timestamps; empty for ever; 1 or more
 * @param retentionBytes how many bytes of a partition are kept; empty for all; 1 or more
 * @param compaction what is taken out of what is kept
 * @param compression how new records are stored
 * @param segmentBytes the size at which a segment is full; 1 KiB or more
 */
public record TopicSettings(
        OptionalLong retentionMs,
        OptionalLong retentionBytes,
        TopicCompaction compaction,
        Compression compression,
        long segmentBytes) {
    /** The least size of a segment. */
    public static final long MIN_SEGMENT_BYTES = 1 << 10;

    /** Everything is kept, as it is, in segments of 64 MiB. */
    public static final TopicSettings DEFAULT =
            new TopicSettings(OptionalLong.empty(), OptionalLong.empty(), false, Compression.NONE, 64 << 20);

    /** @param compaction whether only the latest record of a key is kept */
    public TopicSettings(
            OptionalLong retentionMs,
            OptionalLong retentionBytes,
            boolean compaction,
            Compression compression,
            long segmentBytes) {
        this(retentionMs, retentionBytes, TopicCompaction.of(compaction), compression, segmentBytes);
    }

    public TopicSettings {
        atLeastOne(retentionMs, "retentionMs");
        atLeastOne(retentionBytes, "retentionBytes");
        Objects.requireNonNull(compaction, "compaction");
        Objects.requireNonNull(compression, "compression");
        if (segmentBytes < MIN_SEGMENT_BYTES) {
            throw new IllegalArgumentException(
                    "segmentBytes must be " + MIN_SEGMENT_BYTES + " or more, not " + segmentBytes);
        }
    }

    private static void atLeastOne(OptionalLong value, String name) {
        if (value.isPresent() && value.getAsLong() < 1) {
            throw new IllegalArgumentException(name + " must be 1 or more, not " + value.getAsLong());
        }
    }
}
