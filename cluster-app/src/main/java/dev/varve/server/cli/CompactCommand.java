package dev.varve.server.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.log.CompactionResult;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.compaction.CompactionPolicy.Keep;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Takes dead records out of a log. */
@Command(
        name = "compact",
        description = {
            "Takes dead records out of a log and gives their space back. Offsets stay as they are; where records were are gaps.",
            "",
            "Needs the lock: stop the owner of the log first. Needs room for a second copy of one segment. May be interrupted at any"
                    + " moment. Damaged segments are left alone.",
            ""
        },
        footer = {"", "Example:", "  varve compact --dir /var/lib/orders"})
final class CompactCommand implements Callable<Integer> {
    /** Plenty for a million keys in a segment. */
    private static final long KEY_MEMORY_BYTES = 64 << 20;

    /** So many keys are asked whether their records are numbered. */
    private static final int ASKED_KEYS = 1_000;

    @Mixin
    private DirectoryOption directory;

    @Option(
            names = "--keep",
            paramLabel = "WHAT",
            converter = KeepConverter.class,
            completionCandidates = Candidates.class,
            description = {
                "latest-of-key: the last record of each key; one without a value deletes it. The default, unless records are numbered"
                        + " within their keys, as those of a journal are: then it must be said.",
                "undeleted: all but what was deleted by its key. Records without a key always stay."
            })
    private Keep keep;

    @Option(
            names = "--min-dead-share",
            paramLabel = "SHARE",
            description = "Leave segments alone of which less than this share is dead, from 0 to 1. Default: 0.")
    private double minDeadShare;

    @Option(names = "--json", description = "One JSON object.")
    private boolean json;

    private final Output out;

    CompactCommand(Output out) {
        this.out = out;
    }

    static final class KeepConverter implements ITypeConverter<Keep> {
        @Override
        public Keep convert(String value) {
            return Arrays.stream(Keep.values())
                    .filter(each -> name(each).equals(value))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException("latest-of-key or undeleted, not " + value));
        }
    }

    static final class Candidates implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Keep.values()).map(CompactCommand::name).iterator();
        }
    }

    private static String name(Keep keep) {
        return keep == Keep.UNDELETED ? "undeleted" : "latest-of-key";
    }

    @Override
    public Integer call() throws IOException {
        LogOptions options = LogOptions.defaults().withKeyMemoryBytes(KEY_MEMORY_BYTES);
        try (PartitionLog log = PartitionLog.open(directory.pathOfLog(), options)) {
            CompactionPolicy policy = CompactionPolicy.of(keep(log)).withMinDeadShare(minDeadShare);
            log.roll();
            CompactionResult result = log.compact(policy, bytes -> {});
            if (json) {
                new JsonLines(out).line(fields -> write(fields, result));
            } else {
                print(result);
            }
            return result.leftAlone().isEmpty() ? ExitCodes.FINE : ExitCodes.DAMAGE;
        }
    }

    private Keep keep(PartitionLog log) {
        if (keep == null && hasNumberedRecords(log)) {
            throw new RefusedException("the records of the log in " + log.directory()
                    + " are numbered within their keys, as those of a journal are, where each of them counts."
                    + " Nothing was done; say --keep undeleted or --keep latest-of-key");
        }
        return keep == null ? Keep.LATEST_OF_KEY : keep;
    }

    private static boolean hasNumberedRecords(PartitionLog log) {
        List<byte[]> keys = log.keys().keysAfter(null, ASKED_KEYS);
        return keys.stream().anyMatch(key -> log.keys().state(key).highestSequence() > 0);
    }

    private void print(CompactionResult result) {
        out.line("compacted " + (result.rewritten() + result.dropped()) + " of " + result.segments() + " segments, "
                + result.dropped() + " of them as a whole: " + result.records() + " dead records, "
                + result.bytesReclaimed() + " bytes");
        result.leftAlone().forEach(segment -> out.line("left alone: " + segment.file() + ": " + segment.reason()));
    }

    private static void write(JsonGenerator fields, CompactionResult result) throws IOException {
        fields.writeNumberField("segments", result.segments());
        fields.writeNumberField("rewritten", result.rewritten());
        fields.writeNumberField("dropped", result.dropped());
        fields.writeNumberField("records", result.records());
        fields.writeNumberField("bytesRead", result.bytesRead());
        fields.writeNumberField("bytesReclaimed", result.bytesReclaimed());
        fields.writeArrayFieldStart("leftAlone");
        for (CompactionResult.LeftAlone segment : result.leftAlone()) {
            fields.writeStartObject();
            fields.writeStringField("file", segment.file());
            fields.writeStringField("reason", segment.reason());
            fields.writeEndObject();
        }
        fields.writeEndArray();
    }
}
