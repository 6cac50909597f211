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
    /** From an entry of the index on, one is in it every 4 KiB, this holds the frame that is looked for if it has 1 KiB or less. */
    private static final int SMALL_CHUNK_BYTES = 5 << 10;

    /** What a processor keeps at hand from the copy to the checksum; larger arrays cost several times as much, and collectors have trouble. */
    private static final int LARGE_CHUNK_BYTES = 256 << 10;

    private final SegmentView segment;
    private final LogFile file;
    private final FrameCodec codec;
    private final int maxFrameBytes;
    private byte[] array = {};
    private ByteBuffer chunk = ByteBuffer.wrap(array);
    private long chunkPosition;
    private long position;
    /** The size of the last frame seen: the next ones are likely to be as large. */
    private int lastFrameBytes;

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
        if (header == null || position + header.frameBytes() > segment.lengthBytes()) {
            return null;
        }
        lastFrameBytes = header.frameBytes();
        return header;
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
        array = new byte[(int) Math.min(Math.max(needed, chunkBytes(wantedBytes)), left)];
        chunk = ByteBuffer.wrap(array);
        // A file that somebody shortened gives less; what is missing then shows as a torn frame.
        FailedReadException.read(file, chunk, position);
        chunk.flip();
        chunkPosition = position;
    }

    /** Whole frames and the fixed fields of the next one, if they are all as large as the last: half a frame would be read twice. */
    private long chunkBytes(long wantedBytes) {
        if (wantedBytes <= SMALL_CHUNK_BYTES || lastFrameBytes == 0) {
            return SMALL_CHUNK_BYTES;
        }
        long bytes = Math.min(wantedBytes, LARGE_CHUNK_BYTES);
        return Math.max(1, bytes / lastFrameBytes) * lastFrameBytes + FrameLayout.HEADER_BYTES_WITH_PRODUCER;
    }
}
