package dev.varve.log;

import com.esotericsoftware.kryo.io.ByteBufferOutput;
import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.FrameLayout;
import dev.varve.log.format.KeyControl;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordCodec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * Batches on their way into a log: encoded and compressed as they are staged; given their offsets, written and synced together by
 * {@link PartitionLog#commit}. Staging touches neither the log nor the disk, so one thread may stage the next commit
 * while another writes the last one; that is how the partition actor shares one sync among all that wait.
 *
 * <p>Each batch is atomic on its own; a commit is not. Not thread-safe. Reuse it with {@link #clear()}.
 */
public final class Commit {
    private static final int INITIAL_BYTES = 16 << 10;

    /** A buffer that grew beyond this for a large batch is given back when the commit is cleared. */
    private static final int KEPT_BYTES = 4 << 20;

    private final int maxBatchBytes;
    private final Compression compression;
    private final boolean indexesKeys;
    private final List<Staged> staged = new ArrayList<>();
    private ByteBuffer buffer = ByteBuffer.allocateDirect(INITIAL_BYTES);
    private ByteBufferOutput output = new ByteBufferOutput(buffer);
    private int bytes;
    private int stored;

    /** A batch of this commit: where its frame lies in the buffer, and its place in the log, asked for or given. */
    static final class Staged {
        final int start;
        final int frameBytes;
        final FrameCodec.Content content;
        final boolean placed;
        /** What the key index will have to know; null if nothing. */
        final BatchKeys keys;

        long epoch;
        long sequence;
        long baseOffset;
        /** Where in its segment the frame begins, once it is written. */
        long position;

        Staged(int start, int frameBytes, FrameCodec.Content content, boolean placed, BatchKeys keys) {
            this.start = start;
            this.frameBytes = frameBytes;
            this.content = content;
            this.placed = placed;
            this.keys = keys;
        }

        long lastOffset() {
            return baseOffset + content.lastOffsetDelta();
        }
    }

    Commit(int maxBatchBytes, Compression compression, boolean indexesKeys) {
        this.maxBatchBytes = maxBatchBytes;
        this.compression = compression;
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
        add(records, i -> i, 0, null, false, keys(records, i -> i));
        return batches() - 1;
    }

    /**
     * Adds a batch whose place is given: what replication, compaction and repair need. The epoch must not fall, the
     * sequence and the offsets must rise strictly over the commit and the log; gaps are allowed.
     *
     * @param epoch 0 or more
     * @param sequence 0 or more
     * @param records one or more, their offsets strictly increasing; their bytes are copied
     * @param producer who sent the batch, or null
     * @return the index of the batch in this commit, from 0
     * @throws LogException.BatchTooLarge if the batch is over the limit; the commit is as before
     * @throws LogException.InvalidBatch if there are no records or their offsets do not increase; the commit is as before
     * @throws LogException.CodecUnavailable as {@link #stage}
     */
    public int stageAt(long epoch, long sequence, List<LogRecord> records, Producer producer) {
        if (epoch < 0 || sequence < 0) {
            throw new LogException.InvalidBatch("epoch " + epoch + ", sequence " + sequence);
        }
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
        Staged batch = add(contents, offsetDelta, 0, producer, true, keys(contents, offsetDelta));
        batch.epoch = epoch;
        batch.sequence = sequence;
        batch.baseOffset = baseOffset;
        return batches() - 1;
    }

    /** Adds a control batch, which readers skip. */
    void stageControl(KeyControl control, long timestamp) {
        BatchKeys keys = indexesKeys ? BatchKeys.of(control) : null;
        add(List.of(control.toRecord(timestamp)), i -> i, FrameLayout.CONTROL, null, false, keys);
    }

    private BatchKeys keys(List<NewRecord> records, IntUnaryOperator offsetDelta) {
        return indexesKeys ? BatchKeys.of(records, offsetDelta) : null;
    }

    private Staged add(
            List<NewRecord> records,
            IntUnaryOperator offsetDelta,
            int attributes,
            Producer producer,
            boolean placed,
            BatchKeys keys) {
        if (records.isEmpty()) {
            throw new LogException.InvalidBatch("a batch needs at least one record");
        }
        long minTimestamp = Long.MAX_VALUE;
        long maxTimestamp = Long.MIN_VALUE;
        for (NewRecord record : records) {
            minTimestamp = Math.min(minTimestamp, record.timestamp());
            maxTimestamp = Math.max(maxTimestamp, record.timestamp());
        }
        long bodyBytes = 0;
        for (int i = 0; i < records.size(); i++) {
            NewRecord record = records.get(i);
            bodyBytes += RecordCodec.encodedBytes(record, offsetDelta.applyAsInt(i), record.timestamp() - minTimestamp);
        }
        int headerBytes = FrameLayout.headerBytes(producer == null ? attributes : attributes | FrameLayout.PRODUCER);
        long frameBytes = FrameLayout.frameBytes(headerBytes, bodyBytes);
        if (frameBytes > maxBatchBytes) {
            throw new LogException.BatchTooLarge(frameBytes, maxBatchBytes);
        }
        // What the log writes for itself can be read without any library.
        boolean compresses = compression != Compression.NONE && (attributes & FrameLayout.CONTROL) == 0;
        makeRoom(frameBytes + (compresses ? compression.maxCompressedBytes((int) bodyBytes) : 0));
        output.setPosition(bytes + headerBytes);
        for (int i = 0; i < records.size(); i++) {
            NewRecord record = records.get(i);
            RecordCodec.encode(output, record, offsetDelta.applyAsInt(i), record.timestamp() - minTimestamp);
        }
        int storedBytes = compresses ? compress(bytes + headerBytes, (int) bodyBytes) : (int) bodyBytes;
        FrameCodec.Content content = new FrameCodec.Content(
                storedBytes < bodyBytes ? attributes | compression.code() : attributes,
                records.size(),
                offsetDelta.applyAsInt(records.size() - 1),
                minTimestamp,
                maxTimestamp,
                storedBytes,
                (int) bodyBytes,
                producer);
        int size = FrameCodec.begin(buffer, bytes, content);
        Staged batch = new Staged(bytes, size, content, placed, keys);
        staged.add(batch);
        bytes += size;
        return batch;
    }

    /**
     * Compresses records behind where they lie, and moves what they have become to where they were if that makes the frame smaller.
     *
     * @return how many bytes are to be stored
     */
    private int compress(int from, int bodyBytes) {
        int behind = from + bodyBytes;
        int compressedBytes;
        try {
            compressedBytes = compression.compress(buffer, from, bodyBytes, behind);
        } catch (CodecUnavailableException e) {
            throw new LogException.CodecUnavailable(e);
        }
        if (FrameLayout.align(compressedBytes) >= FrameLayout.align(bodyBytes)) {
            return bodyBytes;
        }
        buffer.put(from, buffer, behind, compressedBytes);
        return compressedBytes;
    }

    private void makeRoom(long moreBytes) {
        long needed = bytes + moreBytes;
        if (needed > Integer.MAX_VALUE) {
            throw new LogException.InvalidBatch("a commit of " + needed + " bytes");
        }
        if (needed > buffer.capacity()) {
            replaceBuffer((int) Math.min(Integer.MAX_VALUE, Math.max(needed, 2L * buffer.capacity())));
        }
    }

    private void replaceBuffer(int capacity) {
        ByteBuffer larger = ByteBuffer.allocateDirect(capacity);
        larger.put(buffer.clear().limit(bytes)).clear();
        buffer = larger;
        output = new ByteBufferOutput(buffer);
    }

    private void requireStored(int batch) {
        if (batch < 0 || batch >= stored) {
            throw new IndexOutOfBoundsException("batch " + batch + " of " + stored + " stored ones");
        }
    }

    List<Staged> staged() {
        return staged;
    }

    ByteBuffer buffer() {
        return buffer;
    }

    void stored(int count) {
        stored = count;
    }

    /** How many batches are staged. */
    public int batches() {
        return staged.size();
    }

    /** How many bytes they take in the log. */
    public int bytes() {
        return bytes;
    }

    /** How many of the batches, from the first on, the log has taken; what became of the others the error tells. */
    public int storedBatches() {
        return stored;
    }

    /**
     * The offset of the first record of a batch that the log has taken.
     *
     * @param batch from 0 to {@link #storedBatches()} - 1
     */
    public long baseOffset(int batch) {
        requireStored(batch);
        return staged.get(batch).baseOffset;
    }

    /** The offset of the last record of a batch that the log has taken. */
    public long lastOffset(int batch) {
        requireStored(batch);
        return staged.get(batch).lastOffset();
    }

    /** Forgets all batches; the memory is kept for the next ones. */
    public void clear() {
        staged.clear();
        bytes = 0;
        stored = 0;
        if (buffer.capacity() > KEPT_BYTES) {
            replaceBuffer(INITIAL_BYTES);
        }
    }
}
