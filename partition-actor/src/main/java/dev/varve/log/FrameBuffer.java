package dev.varve.log;

import com.esotericsoftware.kryo.io.ByteBufferOutput;
import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.FrameLayout;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordCodec;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * Frames in memory, one behind the other as they will lie in a segment: encoded once, into the bytes that are written, and complete but for
 * their place in the log. Grows with what it takes, and refuses what is over the limit of a batch. For one thread at a time.
 */
final class FrameBuffer {
    private static final int INITIAL_BYTES = 16 << 10;

    /** A buffer that grew beyond this for a large batch is given back when it is cleared. */
    private static final int KEPT_BYTES = 4 << 20;

    private final int maxBatchBytes;
    private final Compression compression;
    private ByteBuffer buffer = ByteBuffer.allocateDirect(INITIAL_BYTES);
    private ByteBufferOutput output = new ByteBufferOutput(buffer);
    private int bytes;

    FrameBuffer(int maxBatchBytes, Compression compression) {
        this.maxBatchBytes = maxBatchBytes;
        this.compression = compression;
    }

    /**
     * Adds a frame behind the last one.
     *
     * @param attributes but for those that the producer and the compression ask for
     * @param producer null for none
     * @return what the frame says of its records
     * @throws LogException.BatchTooLarge if it is over the limit; all is as before
     * @throws LogException.InvalidBatch if there are no records; all is as before
     * @throws LogException.CodecUnavailable if it is to be compressed and this process has no means to; all is as before
     */
    FrameCodec.Content append(
            List<NewRecord> records, IntUnaryOperator offsetDelta, int attributes, Producer producer) {
        if (records.isEmpty()) {
            throw new LogException.InvalidBatch("a batch needs at least one record");
        }
        long minTimestamp = Long.MAX_VALUE;
        long maxTimestamp = Long.MIN_VALUE;
        for (int i = 0; i < records.size(); i++) {
            long timestamp = records.get(i).timestamp();
            minTimestamp = Math.min(minTimestamp, timestamp);
            maxTimestamp = Math.max(maxTimestamp, timestamp);
        }
        long bodyBytes = bodyBytes(records, offsetDelta, minTimestamp);
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
        bytes += FrameCodec.begin(buffer, bytes, content);
        return content;
    }

    private static long bodyBytes(List<NewRecord> records, IntUnaryOperator offsetDelta, long minTimestamp) {
        long bytes = 0;
        for (int i = 0; i < records.size(); i++) {
            NewRecord record = records.get(i);
            bytes += RecordCodec.encodedBytes(record, offsetDelta.applyAsInt(i), record.timestamp() - minTimestamp);
        }
        return bytes;
    }

    /** How long the frame of these records is without a producer, and uncompressed. */
    static long frameBytes(List<NewRecord> records) {
        long minTimestamp = Long.MAX_VALUE;
        for (NewRecord record : records) {
            minTimestamp = Math.min(minTimestamp, record.timestamp());
        }
        return FrameLayout.frameBytes(FrameLayout.headerBytes(0), bodyBytes(records, i -> i, minTimestamp));
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

    ByteBuffer buffer() {
        return buffer;
    }

    /** How many bytes of the buffer are frames. */
    int bytes() {
        return bytes;
    }

    /** Forgets all frames; the memory is kept for the next ones. */
    void clear() {
        bytes = 0;
        if (buffer.capacity() > KEPT_BYTES) {
            replaceBuffer(INITIAL_BYTES);
        }
    }
}
