package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * What a log was told, and what it said to that: the memory against which a test holds it. Records are made from a number, so
 * that each can be told from all others and checked on its own.
 */
public final class Ledger {
    public static final long FIRST_TIMESTAMP = 1_000_000;

    /** Acknowledged records by offset. */
    private final TreeMap<Long, NewRecord> acknowledged = new TreeMap<>();

    /** Batches that may or may not be there, each whole or not at all. */
    private final List<List<NewRecord>> inDoubt = new ArrayList<>();

    private int nextNumber;
    private long logStart;

    /** A record that no other is equal to. */
    public static NewRecord record(int number) {
        Random random = new Random(number * 31L + 7);
        byte[] value = new byte[4 + random.nextInt(120)];
        // A word again and again, so that compression has something to do.
        byte[] word = new byte[6];
        random.nextBytes(word);
        for (int i = 0; i < value.length; i++) {
            value[i] = word[i % word.length];
        }
        ByteBuffer.wrap(value).putInt(number);
        byte[] key = number % 3 == 0 ? null : ("key-" + number % 5).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return new NewRecord(FIRST_TIMESTAMP + number, key, key == null ? 0 : number, value, List.of());
    }

    /** The next so many records. */
    public List<NewRecord> batch(int size) {
        List<NewRecord> records = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            records.add(record(nextNumber++));
        }
        return records;
    }

    /** Appends the next so many records and notes down what the log said. */
    public long append(PartitionLog log, int size) {
        List<NewRecord> records = batch(size);
        long offset;
        try {
            offset = log.append(records);
        } catch (LogException.OutcomeUnknown e) {
            inDoubt.add(records);
            throw e;
        }
        acknowledge(offset, records);
        return offset;
    }

    public void acknowledge(long offset, List<NewRecord> records) {
        for (int i = 0; i < records.size(); i++) {
            NewRecord before = acknowledged.put(offset + i, records.get(i));
            assertThat(before)
                    .as("what offset %d was given to before", offset + i)
                    .isNull();
        }
    }

    /** Notes down a batch of which nobody knows whether it is stored. */
    public void doubt(List<NewRecord> records) {
        inDoubt.add(records);
    }

    public void deletedBefore(long offset) {
        logStart = Math.max(logStart, offset);
    }

    /** Takes back what was acknowledged under a policy that does not sync: a crash may have taken any tail of it. */
    public void mayHaveLostFrom(long offset) {
        acknowledged.tailMap(offset).clear();
    }

    public int size() {
        return acknowledged.size();
    }

    public long nextOffset() {
        return acknowledged.isEmpty() ? 0 : acknowledged.lastKey() + 1;
    }

    public NewRecord at(long offset) {
        return acknowledged.get(offset);
    }

    public Map<Long, NewRecord> acknowledged() {
        return acknowledged;
    }

    /** Everything that can be read from the log start on. */
    public static List<LogRecord> readAll(ReadableLog log, int budget) {
        List<LogRecord> all = new ArrayList<>();
        long next = log.describe().logStartOffset();
        while (true) {
            ReadResult result = log.read(next, budget);
            if (result.nextOffset() == next) {
                return all;
            }
            all.addAll(result.records());
            next = result.nextOffset();
        }
    }

    /**
     * Checks that the log holds exactly what was acknowledged at or above the log start, and besides that at most whole
     * batches that were in doubt, in order and each once. Goes on from what is there.
     */
    public void checkAndAdopt(ReadableLog log) {
        List<LogRecord> records = readAll(log, 700);
        TreeMap<Long, NewRecord> found = new TreeMap<>();
        long previous = -1;
        for (LogRecord record : records) {
            assertThat(record.offset()).as("offsets increase").isGreaterThan(previous);
            previous = record.offset();
            found.put(record.offset(), record.toNewRecord());
        }
        long start = log.describe().logStartOffset();
        assertThat(start).as("log start offset").isGreaterThanOrEqualTo(logStart);
        for (Map.Entry<Long, NewRecord> entry : acknowledged.tailMap(start).entrySet()) {
            assertThat(found.remove(entry.getKey()))
                    .as("acknowledged record at offset %d", entry.getKey())
                    .isEqualTo(entry.getValue());
        }
        while (!found.isEmpty()) {
            adoptBatchAt(found);
        }
        inDoubt.clear();
    }

    private void adoptBatchAt(TreeMap<Long, NewRecord> found) {
        long offset = found.firstKey();
        for (List<NewRecord> batch : inDoubt) {
            if (batch.get(0).equals(found.get(offset))) {
                for (int i = 0; i < batch.size(); i++) {
                    assertThat(found.remove(offset + i))
                            .as("record %d of a batch that was in doubt, at offset %d", i, offset + i)
                            .isEqualTo(batch.get(i));
                }
                inDoubt.remove(batch);
                acknowledge(offset, batch);
                return;
            }
        }
        fail(
                "the record at offset %d was never acknowledged nor in doubt: %s",
                offset, Arrays.toString(found.get(offset).value()));
    }
}
