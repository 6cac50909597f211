package dev.varve.log.segment;

import dev.varve.log.format.DecodeResult;
import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.FrameLayout;
import dev.varve.log.format.RecordBatch;
import dev.varve.log.io.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A reader's place in a segment: steps from frame to frame, reading chunks of the file into arrays that the batches it gives
 * out go on using, so that the bytes of a record are copied once on their way to whoever decodes them. For one read by one
 * thread.
 */
final class FrameCursor {
    private static final int SMALL_CHUNK_BYTES = 8 << 10;
    private static final int LARGE_CHUNK_BYTES = 1 << 20;

    private final SegmentView segment;
    private final LogFile file;
    private final FrameCodec codec;
    private final int maxFrameBytes;
    private byte[] array = {};
    private ByteBuffer chunk = ByteBuffer.wrap(array);
    private long chunkPosition;
    private long position;

    FrameCursor(SegmentView segment, LogFile file, FrameCodec codec, int maxFrameBytes, long position) {
        this.segment = segment;
        this.file = file;
        this.codec = codec;
        this.maxFrameBytes = maxFrameBytes;
        this.position = position;
    }

    long position() {
        return position;
    }

    boolean atEnd() {
        return position >= segment.lengthBytes();
    }

    void moveTo(long newPosition) {
        position = newPosition;
    }

    /**
     * The fixed fields of the frame here, or null if there is none.
     *
     * @param wantedBytes how much will be read from here on, as far as the caller knows: what a new chunk should hold
     */
    FrameHeader peek(long wantedBytes) throws IOException {
        ensure(FrameLayout.HEADER_BYTES_WITH_PRODUCER, wantedBytes);
        FrameHeader header = codec.peek(chunk, at(), chunk.limit(), segment.segmentId(), position, maxFrameBytes);
        return header == null || position + header.frameBytes() > segment.lengthBytes() ? null : header;
    }

    /** The batch here, its checksums right, or null. To be called behind {@link #peek}, which gave these fixed fields. */
    RecordBatch batch(FrameHeader header, long wantedBytes) throws IOException {
        ensure(header.frameBytes(), wantedBytes);
        return decode() instanceof DecodeResult.Ok ? new RecordBatch(header, array, at()) : null;
    }

    /**
     * What is wrong here, in words.
     *
     * @throws UnreadableException if nothing is, but the frame is not for this reader
     */
    String problem() throws IOException {
        ensure(FrameLayout.HEADER_BYTES_WITH_PRODUCER, 0);
        DecodeResult result = decode();
        if (result instanceof DecodeResult.Unreadable unreadable) {
            throw new UnreadableException(position, unreadable.reason());
        }
        if (result instanceof DecodeResult.Corrupt corrupt) {
            return corrupt.reason();
        }
        return result instanceof DecodeResult.End
                ? "zeros where a frame should be"
                : "the file ends at " + (chunkPosition + chunk.limit()) + ", inside a frame";
    }

    private DecodeResult decode() {
        return codec.decode(chunk, at(), chunk.limit(), segment.segmentId(), position, maxFrameBytes);
    }

    private int at() {
        return (int) (position - chunkPosition);
    }

    /** Sees to it that the chunk holds so many bytes from the position on, or all there are. */
    private void ensure(int neededBytes, long wantedBytes) throws IOException {
        long left = segment.lengthBytes() - position;
        long needed = Math.min(neededBytes, left);
        if (position >= chunkPosition && position + needed <= chunkPosition + chunk.limit()) {
            return;
        }
        long size = Math.max(needed, Math.min(Math.max(wantedBytes, SMALL_CHUNK_BYTES), LARGE_CHUNK_BYTES));
        array = new byte[(int) Math.min(size, left)];
        chunk = ByteBuffer.wrap(array);
        // A file that somebody shortened gives less; what is missing then shows as a torn frame.
        FailedReadException.read(file, chunk, position);
        chunk.flip();
        chunkPosition = position;
    }
}
