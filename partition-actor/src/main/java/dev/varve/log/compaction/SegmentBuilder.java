package dev.varve.log.compaction;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.KeyControl;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.MalformedBatchException;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import dev.varve.log.keys.Key;
import dev.varve.log.keys.SegmentKeys;
import dev.varve.log.segment.SegmentIndex;
import dev.varve.log.segment.SegmentView;
import dev.varve.log.segment.SmallFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** Writes a segment from frames of another one, each in its new place, and finds out what its indexes have to say. For one thread. */
final class SegmentBuilder implements Closeable {
    private static final int BUFFER_BYTES = 1 << 20;

    /** So much is synced at a time, so that no other sync has to wait for very much more. */
    private static final long SYNC_BYTES = 8 << 20;

    /** No frame of a segment that is synced as a whole has anything to say of what is durable. */
    private static final long NO_DURABLE_MARK = 0;

    private final LogFile file;
    private final SegmentHeader header;
    private final FrameCodec codec;
    private final SegmentIndex index;
    private final SegmentKeys keys = new SegmentKeys();
    private ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private long written = SegmentHeader.BYTES;
    private long syncedTo;
    private long lastOffset;
    private long records;
    private long minTimestamp = Long.MAX_VALUE;
    private long maxTimestamp = Long.MIN_VALUE;
    private long epoch;
    private long sequence;

    SegmentBuilder(Disk disk, Path temporary, SegmentHeader header) throws IOException {
        this.file = SmallFiles.create(disk, temporary);
        this.header = header;
        this.codec = new FrameCodec(header.logId());
        this.index = new SegmentIndex(header.baseOffset());
        this.lastOffset = header.baseOffset() - 1;
        this.epoch = header.epoch();
        this.sequence = header.sequence();
        file.write(header.encode(), 0);
    }

    /**
     * Adds a frame as it lies in a buffer, but for its place and its checksums.
     *
     * @param original the fixed fields that it had in its old place
     * @param found its records
     * @return how many bytes it takes
     */
    int add(ByteBuffer frame, int at, FrameHeader original, List<LogRecord> found)
            throws IOException, MalformedBatchException {
        int bytes = FrameCodec.frameBytes(frame, at);
        makeRoom(bytes);
        int to = buffer.position();
        buffer.put(to, frame, at, bytes);
        long position = end();
        codec.stamp(
                buffer,
                to,
                new FrameCodec.Place(
                        header.segmentId(),
                        position,
                        original.epoch(),
                        original.sequence(),
                        original.baseOffset(),
                        NO_DURABLE_MARK,
                        maxTimestamp));
        FrameHeader placed = codec.decodeHeader(buffer, to, to + bytes, header.segmentId(), position);
        buffer.position(to + bytes);
        note(placed, position, found);
        return bytes;
    }

    private void makeRoom(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            flush();
        }
        if (buffer.capacity() < bytes) {
            buffer = ByteBuffer.allocateDirect(bytes);
        }
    }

    private void flush() throws IOException {
        buffer.flip();
        int bytes = buffer.remaining();
        file.write(buffer, written);
        written += bytes;
        buffer.clear();
        if (written - syncedTo >= SYNC_BYTES) {
            sync();
        }
    }

    private void sync() throws IOException {
        file.sync();
        syncedTo = written;
    }

    private void note(FrameHeader placed, long position, List<LogRecord> found) throws MalformedBatchException {
        index.add(placed, position);
        lastOffset = placed.lastOffset();
        records += placed.recordCount();
        minTimestamp = Math.min(minTimestamp, placed.minTimestamp());
        maxTimestamp = Math.max(maxTimestamp, placed.maxTimestamp());
        epoch = placed.epoch();
        sequence = placed.sequence();
        for (LogRecord record : found) {
            if (record.key() != null) {
                note(record, placed.isControl() ? KeyControl.of(record) : null, position);
            }
        }
    }

    private void note(LogRecord record, KeyControl control, long position) {
        Key key = new Key(record.key());
        if (control == null) {
            keys.addRecord(key, position, record.offset(), record.keySequence());
        } else if (control.kind() == KeyControl.Kind.DELETED) {
            keys.addDeletion(key, control.toSequence(), control.highestSequence());
        } else {
            keys.addForgotten(key, record.offset());
        }
    }

    /** Makes all of it durable, but for the name. */
    void finish() throws IOException {
        flush();
        sync();
    }

    boolean isEmpty() {
        return records == 0;
    }

    /** The position behind the last frame so far. */
    long end() {
        return written + buffer.position();
    }

    /** The epoch of the last frame so far, or of the frame before the segment. */
    long epoch() {
        return epoch;
    }

    /** The sequence of the last frame so far, likewise. */
    long sequence() {
        return sequence;
    }

    SegmentIndex index() {
        return index;
    }

    SegmentKeys keys() {
        return keys;
    }

    /** The segment, in the file whose place it is to take. */
    SegmentView view(Path path) {
        return new SegmentView(
                header.segmentId(),
                header.baseOffset(),
                path,
                end(),
                lastOffset,
                records,
                minTimestamp,
                maxTimestamp,
                header.createdMillis(),
                true,
                null);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
