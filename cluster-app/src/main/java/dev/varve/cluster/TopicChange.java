package dev.varve.cluster;

import dev.varve.log.format.Compression;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is to be different about a topic; what is empty stays as it is. Immutable.
 *
 * @param retentionMs as {@link TopicSettings#retentionMs()}; {@code Optional.of(OptionalLong.empty())} for ever
 * @param retentionBytes as {@link TopicSettings#retentionBytes()}, likewise
 */
public record TopicChange(
        Optional<OptionalLong> retentionMs,
        Optional<OptionalLong> retentionBytes,
        Optional<TopicCompaction> compaction,
        Optional<Compression> compression,
        OptionalLong segmentBytes) {

    /** The settings that these become by the change. */
    public TopicSettings applyTo(TopicSettings settings) {
        return new TopicSettings(
                retentionMs.orElse(settings.retentionMs()),
                retentionBytes.orElse(settings.retentionBytes()),
                compaction.orElse(settings.compaction()),
                compression.orElse(settings.compression()),
                segmentBytes.orElse(settings.segmentBytes()));
    }
}
