package dev.varve.log;

import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.FrameLayout;
import dev.varve.log.format.KeyControl;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.ProducerEntry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/**
 * Batches on their way into a log: encoded and compressed as they are staged; given their offsets, written and synced together by
 * {@link PartitionLog#commit}. Staging touches neither the log nor the disk, so one thread may stage the next commit
 * while another writes the last one; that is how the partition actor shares one sync among all that wait.
 *
 * <p>Each batch is atomic on its own; a commit is not, and {@link #outcome} tells what became of each. Not thread-safe. Reuse it
 * with {@link #clear()}.
 */
public final class Commit {
    /** So that whoever owns the log next can go on counting from any epoch and sequence that were given. */
    private static final long MAX_EPOCH_OR_SEQUENCE = 1L << 62;

    private final boolean indexesKeys;
    private final List<StagedBatch> staged = new ArrayList<>();
    private final FrameBuffer frames;

    /** What became of a batch. */
    public enum Outcome {
        /** It is stored by this commit. */
        STORED,
        /** It repeats a batch of its producer that is stored, and was not written again; its offsets are those of that batch. */
        DUPLICATE,
        /** It does not follow the last batch of its producer, or its condition is not met; {@link #refusal} tells why. */
        REFUSED,
        /** It was not committed yet, or what the commit threw tells what became of it. */
        UNSETTLED
    }

    Commit(int maxBatchBytes, Compression compression, boolean indexesKeys) {
        this.frames = new FrameBuffer(maxBatchBytes, compression);
        this.indexesKeys = indexesKeys;
    }

    /**
     * Adds a batch that gets the next offsets of the log, its epoch and its next sequence.
     *
     * @param records one or more; their bytes are copied
     * @return the index of the batch in this commit, from 0
     * @throws LogException.BatchTooLarge if the batch is over the limit; the commit is as before
     * @throws LogException.InvalidBatch if there are no records; the commit is as before
     * @throws LogException.CodecUnavailable if it is to be compressed and this process has no means to; the commit is as before
     */
    public int stage(List<NewRecord> records) {
        add(records, i -> i, 0, null, false, null, keys(records, i -> i));
        return batches() - 1;
    }

    /**
     * As {@link #stage(List)}, for a batch that is to be stored only under a condition, or {@link Outcome#REFUSED}, alone, with
     * {@link LogException.KeyConflict}.
     *
     * @throws IllegalStateException if the log does not find records by key ({@link LogOptions#keyMemoryBytes()})
     */
    public int stageIf(List<NewRecord> records, KeyCondition condition) {
        requireKeys();
        add(records, i -> i, 0, null, false, Objects.requireNonNull(condition, "condition"), keys(records, i -> i));
        return batches() - 1;
    }

    /**
     * Adds the deletion of the records of a key up to a key sequence: one small record, which readers skip. Their space comes back when
     * the segments are compacted; the highest sequence stays known.
     *
     * @param key not copied
     * @param toSequence up to and including this one; 1 or more
     * @param highestSequence the highest sequence of the key as the caller knows it, at least {@code toSequence}
     * @param timestamp of the record, in milliseconds since 1970-01-01T00:00:00Z
     * @return the index of the batch in this commit, from 0
     * @throws IllegalStateException if the log does not find records by key ({@link LogOptions#keyMemoryBytes()})
     */
    public int stageDeletion(byte[] key, long toSequence, long highestSequence, long timestamp) {
        requireKeys();
        if (toSequence < 1 || toSequence > highestSequence) {
            throw new IllegalArgumentException(
                    "toSequence must be from 1 to the highest sequence, " + highestSequence + ", not " + toSequence);
        }
        stageControl(new KeyControl(KeyControl.Kind.DELETED, key, toSequence, highestSequence), timestamp);
        return batches() - 1;
    }

    /**
     * Adds a record by which a key is forgotten altogether, as if it had never been used.
     *
     * @param key not copied
     * @param timestamp of the record, in milliseconds since 1970-01-01T00:00:00Z
     * @return the index of the batch in this commit, from 0
     * @throws IllegalStateException if the log does not find records by key ({@link LogOptions#keyMemoryBytes()})
     */
    public int stageForgetting(byte[] key, long timestamp) {
        requireKeys();
        stageControl(new KeyControl(KeyControl.Kind.FORGOTTEN, key, 0, 0), timestamp);
        return batches() - 1;
    }

    private void requireKeys() {
        if (!indexesKeys) {
            throw new IllegalStateException(
                    "the log does not find records by key: open it with keyMemoryBytes above 0");
        }
    }

    /**
     * As {@link #stage(List)}, for a batch that its producer may send again when it does not learn what became of it. The log
     * stores it once: a repetition of one of the last {@link ProducerEntry#MAX_BATCHES} batches of the producer (same epoch, same
     * first sequence, same number of records) is a {@link Outcome#DUPLICATE}, whatever the records. Every other batch must follow
     * the last one of its producer, or is {@link Outcome#REFUSED}, alone: its sequence must be the number behind the last record
     * (0 behind {@link Integer#MAX_VALUE}). A producer that the log does not know, or no longer, begins at 0, and so does a greater
     * epoch; a lesser epoch is refused.
     *
     * @param producer who sends the batch; its id, epoch and first sequence are 0 or more
     * @throws LogException.InvalidBatch also if one of them is not; the commit is as before
     */
    public int stage(List<NewRecord> records, Producer producer) {
        Producer checked = valid(Objects.requireNonNull(producer, "producer"));
        add(records, i -> i, 0, checked, false, null, keys(records, i -> i));
        return batches() - 1;
    }

    private static Producer valid(Producer producer) {
        if (producer != null && (producer.id() < 0 || producer.epoch() < 0 || producer.firstSequence() < 0)) {
            throw new LogException.InvalidBatch("a batch of " + producer + ", where a number is below zero");
        }
        return producer;
    }

    /**
     * Adds a batch whose place is given: what replication, compaction and repair need. The epoch must not fall, the
     * sequence and the offsets must rise strictly over the commit and the log; gaps are allowed. Such a batch is history, and no
     * repetition of another one: it is stored, and remembered as the last batch of its producer.
     *
     * @param epoch from 0 to 2^62
     * @param sequence from 0 to 2^62
     * @param records one or more, their offsets strictly increasing; their bytes are copied
     * @param producer who sent the batch, or null; its id, epoch and first sequence are 0 or more
     * @return the index of the batch in this commit, from 0
     * @throws LogException.BatchTooLarge if the batch is over the limit; the commit is as before
     * @throws LogException.InvalidBatch if there are no records, their offsets do not increase, or a number is out of bounds; the
     *     commit is as before
     * @throws LogException.CodecUnavailable as {@link #stage(List)}
     */
    public int stageAt(long epoch, long sequence, List<LogRecord> records, Producer producer) {
        requireInBounds(epoch, sequence);
        long baseOffset = records.isEmpty() ? 0 : records.get(0).offset();
        long previous = baseOffset - 1;
        List<NewRecord> contents = new ArrayList<>(records.size());
        for (LogRecord record : records) {
            if (baseOffset < 0 || record.offset() <= previous || record.offset() - baseOffset > Integer.MAX_VALUE) {
                throw new LogException.InvalidBatch("offset " + record.offset() + " after " + previous
                        + " in a batch whose base offset is " + baseOffset);
            }
            previous = record.offset();
            contents.add(record.toNewRecord());
        }
        IntUnaryOperator offsetDelta = i -> (int) (records.get(i).offset() - baseOffset);
        StagedBatch batch = add(contents, offsetDelta, 0, valid(producer), true, null, keys(contents, offsetDelta));
        batch.number(epoch, sequence);
        batch.baseOffset = baseOffset;
        return batches() - 1;
    }

    /**
     * Adds a batch whose epoch and sequence are given, but not its offsets: what the replicas of a log need, which must come to
     * the same offsets from the same batches. The epoch must not fall and the sequence must rise strictly over the commit and the log;
     * gaps are allowed. Otherwise as {@link #stage(List)}, or as {@link #stage(List, Producer)} if a producer is given.
     *
     * @param epoch from 0 to 2^62
     * @param sequence from 0 to 2^62
     * @param producer who sends the batch, or null
     * @return the index of the batch in this commit, from 0
     * @throws LogException.InvalidBatch also if a number is out of bounds; the commit is as before
     */
    public int stageNumbered(long epoch, long sequence, List<NewRecord> records, Producer producer) {
        requireInBounds(epoch, sequence);
        add(records, i -> i, 0, valid(producer), false, null, keys(records, i -> i))
                .number(epoch, sequence);
        return batches() - 1;
    }

    /**
     * Gives a batch that is staged its epoch and sequence, as {@link #stageNumbered} does: for batches under a condition, and for what is
     * said of keys.
     *
     * @param batch its index in this commit
     * @param epoch from 0 to 2^62
     * @param sequence from 0 to 2^62
     * @throws LogException.InvalidBatch if a number is out of bounds; the commit is as before
     * @throws IndexOutOfBoundsException if there is no such batch
     */
    public void number(int batch, long epoch, long sequence) {
        requireInBounds(epoch, sequence);
        staged.get(batch).number(epoch, sequence);
    }

    private static void requireInBounds(long epoch, long sequence) {
        if (epoch < 0 || sequence < 0 || epoch > MAX_EPOCH_OR_SEQUENCE || sequence > MAX_EPOCH_OR_SEQUENCE) {
            throw new LogException.InvalidBatch("epoch " + epoch + ", sequence " + sequence);
        }
    }

    /** Adds a control batch, which readers skip. */
    void stageControl(KeyControl control, long timestamp) {
        BatchKeys keys = indexesKeys ? BatchKeys.of(control) : null;
        add(List.of(control.toRecord(timestamp)), i -> i, FrameLayout.CONTROL, null, false, null, keys);
    }

    private BatchKeys keys(List<NewRecord> records, IntUnaryOperator offsetDelta) {
        return indexesKeys ? BatchKeys.of(records, offsetDelta) : null;
    }

    private StagedBatch add(
            List<NewRecord> records,
            IntUnaryOperator offsetDelta,
            int attributes,
            Producer producer,
            boolean placed,
            KeyCondition condition,
            BatchKeys keys) {
        int start = frames.bytes();
        FrameCodec.Content content = frames.append(records, offsetDelta, attributes, producer);
        StagedBatch batch = new StagedBatch(start, frames.bytes() - start, content, placed, condition, keys);
        staged.add(batch);
        return batch;
    }

    /**
     * How many bytes the limit of a log ({@link LogOptions#maxBatchBytes()}) must allow for these records to be a batch without a
     * producer.
     *
     * @param records one or more
     */
    public static long batchBytes(List<NewRecord> records) {
        return FrameBuffer.frameBytes(records);
    }

    private StagedBatch requireStored(int batch) {
        StagedBatch found = staged.get(batch);
        Outcome outcome = found.outcome();
        if (outcome != Outcome.STORED && outcome != Outcome.DUPLICATE) {
            throw new IndexOutOfBoundsException("batch " + batch + " is not stored but " + outcome);
        }
        return found;
    }

    List<StagedBatch> staged() {
        return staged;
    }

    ByteBuffer buffer() {
        return frames.buffer();
    }

    /** Forgets what became of the batches the last time. */
    void begin() {
        staged.forEach(StagedBatch::begin);
    }

    /** How many batches are staged. */
    public int batches() {
        return staged.size();
    }

    /** How many bytes they take in the log. */
    public int bytes() {
        return frames.bytes();
    }

    /** What became of a batch when the commit was last given to the log. */
    public Outcome outcome(int batch) {
        return staged.get(batch).outcome();
    }

    /** Whether a batch repeats one that is stored. */
    public boolean isDuplicate(int batch) {
        return outcome(batch) == Outcome.DUPLICATE;
    }

    /**
     * Why a batch is {@link Outcome#REFUSED}: {@link LogException.OutOfSequence}, {@link LogException.StaleProducerEpoch} or
     * {@link LogException.KeyConflict}.
     *
     * @throws IllegalStateException if it is not
     */
    public LogException refusal(int batch) {
        if (outcome(batch) != Outcome.REFUSED) {
            throw new IllegalStateException("batch " + batch + " is not refused but " + outcome(batch));
        }
        return staged.get(batch).refusal();
    }

    /** How many of the batches, from the first on, are in the log: stored by this commit, or duplicates. */
    public int storedBatches() {
        int count = 0;
        while (count < batches() && (outcome(count) == Outcome.STORED || isDuplicate(count))) {
            count++;
        }
        return count;
    }

    /**
     * The offset of the first record of a batch that is {@link Outcome#STORED}; of a {@link Outcome#DUPLICATE}, that of the batch
     * which it repeats.
     */
    public long baseOffset(int batch) {
        return requireStored(batch).firstOffset();
    }

    /** The offset of the last record, likewise. */
    public long lastOffset(int batch) {
        StagedBatch found = requireStored(batch);
        return found.firstOffset() + found.lastOffsetDelta();
    }

    /** Hands over the keys of the records that are stored, each at least once; not to be changed. Those of deletions are not among them. */
    public void forEachStoredKey(Consumer<byte[]> action) {
        for (StagedBatch batch : staged) {
            if (batch.keys != null && batch.outcome() == Outcome.STORED) {
                batch.keys.forEachRecordKey(action);
            }
        }
    }

    /** Forgets all batches; the memory is kept for the next ones. */
    public void clear() {
        staged.clear();
        frames.clear();
    }
}
