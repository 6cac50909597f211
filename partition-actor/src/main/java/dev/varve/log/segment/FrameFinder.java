package dev.varve.log.segment;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.RecordBatch;
import java.io.Closeable;
import java.io.IOException;

/** Reads frames of one segment at positions that are known already. For one read by one thread. */
public final class FrameFinder implements Closeable {
    private final ReadHandles.Handle handle;
    private final FrameCursor cursor;

    FrameFinder(ReadHandles.Handle handle, SegmentView segment, long logId, int maxFrameBytes) {
        this.handle = handle;
        this.cursor = new FrameCursor(segment, handle.file(), new FrameCodec(logId), maxFrameBytes, 0);
    }

    /** The fixed fields of the frame at a position; null if there is none. */
    public FrameHeader peek(long position, long wantedBytes) throws IOException {
        cursor.moveTo(position);
        return cursor.peek(wantedBytes);
    }

    /** The batch at the position that was peeked at, its checksums right; null if they are not. */
    public RecordBatch batch(FrameHeader header, long wantedBytes) throws IOException {
        return cursor.batch(header, wantedBytes);
    }

    /** What is wrong at the position that was peeked at, in words. */
    public String problem() throws IOException {
        return cursor.problem();
    }

    @Override
    public void close() throws IOException {
        handle.close();
    }
}
