package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.LogRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** What a log is, in memory: batches one behind the other, a start and an end. The simplest thing that a log can be held against. */
final class LogModel {
    /** A batch that was acknowledged. */
    record Batch(List<LogRecord> records) {
        long lastOffset() {
            return records.get(records.size() - 1).offset();
        }
    }

    private final List<Batch> batches = new ArrayList<>();
    private long logStartOffset;
    private long logEndOffset;

    void add(List<LogRecord> records) {
        assertThat(records.get(0).offset()).as("the offset given").isGreaterThanOrEqualTo(logEndOffset);
        batches.add(new Batch(records));
        logEndOffset = records.get(records.size() - 1).offset() + 1;
    }

    /** A batch behind a gap was refused: the gap may be there all the same. */
    void mayHaveSkippedTo(long offset, long gapEnd) {
        assertThat(offset).isIn(logEndOffset, gapEnd);
        logEndOffset = offset;
    }

    void deletedBefore(long offset) {
        logStartOffset = offset;
        batches.removeIf(batch -> batch.lastOffset() < offset);
    }

    long logStartOffset() {
        return logStartOffset;
    }

    long logEndOffset() {
        return logEndOffset;
    }

    /** Everything that can be read. */
    List<LogRecord> records() {
        List<LogRecord> records = new ArrayList<>();
        batches.forEach(batch -> records.addAll(batch.records()));
        records.removeIf(record -> record.offset() < logStartOffset);
        return records;
    }

    OptionalLong offsetForTimestamp(long timestamp) {
        return LogContract.scan(records(), timestamp);
    }

    /**
     * A loss of power took what was not synced: what is left must be a first part of the batches, and all that was said to be
     * durable. Goes on from there.
     */
    void fellBackTo(long newEndOffset, long durableOffset) {
        assertThat(newEndOffset).as("the log end offset after the loss").isBetween(durableOffset, logEndOffset);
        batches.removeIf(batch -> batch.records().get(0).offset() >= newEndOffset);
        // No batch in part; behind the last one there may be a gap, for a segment that was begun behind it.
        long last = batches.isEmpty() ? -1 : batches.get(batches.size() - 1).lastOffset();
        assertThat(newEndOffset).as("whole batches").isGreaterThan(last);
        logEndOffset = newEndOffset;
    }

    /** Holds a read against the model: which records, how many of them, and where it says to go on. */
    void check(ReadResult result, long offset, int budget) {
        List<LogRecord> expected = new ArrayList<>(records());
        expected.removeIf(record -> record.offset() < offset);
        List<LogRecord> found = result.records();
        assertThat(found)
                .as("read of %d with budget %d", offset, budget)
                .isEqualTo(expected.subList(0, Math.min(found.size(), expected.size())));
        if (expected.isEmpty()) {
            assertThat(result.isEmpty()).isTrue();
            assertThat(result.nextOffset()).isBetween(offset, logEndOffset);
            return;
        }
        assertThat(found)
                .as("a read of %d below the end %d", offset, logEndOffset)
                .isNotEmpty();
        // A gap behind the last record may be passed over.
        long follows =
                found.size() < expected.size() ? expected.get(found.size()).offset() : logEndOffset;
        assertThat(result.nextOffset()).isBetween(found.get(found.size() - 1).offset() + 1, follows);
        long bytes = result.batches().stream()
                .mapToLong(batch -> batch.header().frameBytes())
                .sum();
        assertThat(result.batches().size() == 1 || bytes <= budget)
                .as("%d bytes for a budget of %d", bytes, budget)
                .isTrue();
        if (found.size() < expected.size()) {
            assertThat(bytes + frameBytes(follows))
                    .as("the next batch would have had its place")
                    .isGreaterThan(budget);
        }
    }

    /** The size of a frame that holds this record, by the rules of docs/FORMAT.md. */
    private int frameBytes(long offset) {
        Batch batch = batches.stream()
                .filter(candidate -> candidate.lastOffset() >= offset)
                .findFirst()
                .orElseThrow();
        long base = batch.records().get(0).offset();
        long least =
                batch.records().stream().mapToLong(LogRecord::timestamp).min().orElseThrow();
        long body = 0;
        for (LogRecord record : batch.records()) {
            body += varint(record.offset() - base)
                    + varint(record.timestamp() - least)
                    + nullable(record.key())
                    + (record.key() == null ? 0 : varint(record.keySequence()))
                    + nullable(record.value())
                    + varint(record.headers().size());
        }
        return (int) ((88 + body + 7) / 8 * 8);
    }

    private static int nullable(byte[] bytes) {
        return bytes == null ? 1 : varint(bytes.length + 1L) + bytes.length;
    }

    private static int varint(long value) {
        return Math.max(1, Math.min(9, (64 - Long.numberOfLeadingZeros(value) + 6) / 7));
    }
}
