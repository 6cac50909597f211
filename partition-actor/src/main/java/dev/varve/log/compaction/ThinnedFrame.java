package dev.varve.log.compaction;

import com.esotericsoftware.kryo.io.ByteBufferOutput;
import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.FrameLayout;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordCodec;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Writes a frame again with some of its records left out. Its base offset stays, its codec too where that still gains anything, and if
 * it names a producer its last offset, since that says which numbers of the producer it had. For one thread.
 */
final class ThinnedFrame {
    private ByteBuffer buffer = ByteBuffer.allocateDirect(16 << 10);

    /** The buffer in which the last frame that was written begins at 0; its place and its checksums are not in it. */
    ByteBuffer buffer() {
        return buffer;
    }

    /** A frame with these of its records, one or more. */
    void write(FrameHeader original, List<LogRecord> kept) throws CodecUnavailableException {
        int attributes = (original.attributes() & FrameLayout.CONTROL) | FrameLayout.THINNED;
        LogRecord last = kept.get(kept.size() - 1);
        int lastOffsetDelta = original.producer() == null
                ? (int) (last.offset() - original.baseOffset())
                : original.lastOffsetDelta();
        write(original, attributes, lastOffsetDelta, Compression.of(original.codec()), kept);
    }

    /**
     * What is left of a frame all of whose records go, but which the log needs in order to know its producer: a control record that
     * says nothing.
     */
    void writeHusk(FrameHeader original) throws CodecUnavailableException {
        LogRecord nothing = new LogRecord(original.baseOffset(), original.maxTimestamp(), null, null, List.of());
        int attributes = FrameLayout.CONTROL | FrameLayout.THINNED;
        write(original, attributes, original.lastOffsetDelta(), Compression.NONE, List.of(nothing));
    }

    private void write(
            FrameHeader original, int attributes, int lastOffsetDelta, Compression compression, List<LogRecord> records)
            throws CodecUnavailableException {
        long minTimestamp = Long.MAX_VALUE;
        long maxTimestamp = Long.MIN_VALUE;
        for (LogRecord record : records) {
            minTimestamp = Math.min(minTimestamp, record.timestamp());
            maxTimestamp = Math.max(maxTimestamp, record.timestamp());
        }
        int bodyBytes = 0;
        for (LogRecord record : records) {
            bodyBytes += Math.toIntExact(RecordCodec.encodedBytes(
                    record.toNewRecord(), delta(original, record), record.timestamp() - minTimestamp));
        }
        int headerBytes = original.bodyStart();
        makeRoom(headerBytes + bodyBytes + FrameLayout.ALIGNMENT + compression.maxCompressedBytes(bodyBytes));
        ByteBufferOutput output = new ByteBufferOutput(buffer);
        output.setPosition(headerBytes);
        for (LogRecord record : records) {
            NewRecord content = record.toNewRecord();
            RecordCodec.encode(output, content, delta(original, record), record.timestamp() - minTimestamp);
        }
        buffer.clear();
        int storedBytes = compression == Compression.NONE ? bodyBytes : compress(compression, headerBytes, bodyBytes);
        FrameCodec.begin(
                buffer,
                0,
                new FrameCodec.Content(
                        storedBytes < bodyBytes ? attributes | compression.code() : attributes,
                        records.size(),
                        lastOffsetDelta,
                        minTimestamp,
                        maxTimestamp,
                        storedBytes,
                        bodyBytes,
                        original.producer()));
    }

    private static int delta(FrameHeader original, LogRecord record) {
        return (int) (record.offset() - original.baseOffset());
    }

    private int compress(Compression compression, int from, int bodyBytes) throws CodecUnavailableException {
        int behind = from + bodyBytes;
        int compressedBytes = compression.compress(buffer, from, bodyBytes, behind);
        if (FrameLayout.align(compressedBytes) >= FrameLayout.align(bodyBytes)) {
            return bodyBytes;
        }
        buffer.put(from, buffer, behind, compressedBytes);
        return compressedBytes;
    }

    private void makeRoom(int bytes) {
        if (buffer.capacity() < bytes) {
            buffer = ByteBuffer.allocateDirect(Math.max(bytes, 2 * buffer.capacity()));
        }
    }
}
