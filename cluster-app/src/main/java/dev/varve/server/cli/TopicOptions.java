package dev.varve.server.cli;

import dev.varve.cluster.TopicCompaction;
import dev.varve.log.format.Compression;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What can be said of a topic; what is left out is null. */
final class TopicOptions {
    /** A limit, or none. */
    static final long NO_LIMIT = -1;

    @Option(
            names = "--retention-ms",
            paramLabel = "N",
            converter = Limit.class,
            description = "How long records are kept, in milliseconds; off for ever.")
    Long retentionMs;

    @Option(
            names = "--retention-bytes",
            paramLabel = "N",
            converter = Limit.class,
            description = "How many bytes of each partition are kept (k, m, g: powers of 1024); off for all.")
    Long retentionBytes;

    @Option(
            names = "--compaction",
            paramLabel = "KIND",
            converter = CompactionKind.class,
            completionCandidates = CompactionKind.class,
            description = {
                "What is taken out of each partition in the background: ${COMPLETION-CANDIDATES}.",
                "Records are found by their keys unless it is off."
            })
    TopicCompaction compaction;

    @Option(
            names = "--compression",
            paramLabel = "CODEC",
            converter = CompressionKind.class,
            completionCandidates = CompressionKind.class,
            description = "How new records are stored: ${COMPLETION-CANDIDATES}.")
    Compression compression;

    @Option(
            names = "--segment-bytes",
            paramLabel = "N",
            converter = ByteCount.class,
            description = "The size at which a segment is full.")
    Long segmentBytes;

    /** A number of bytes or of milliseconds, or "off". */
    static final class Limit implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            long limit = text.equals("off") ? NO_LIMIT : new ByteCount().convert(text);
            if (limit == 0) {
                throw new TypeConversionException("must be 1 or more, or off");
            }
            return limit;
        }
    }
}
