package dev.varve.log.segment;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Walks a segment from frame to frame by their fixed fields alone, which have a checksum of their own; the records between them
 * are passed over. Where no fixed fields stand it goes on as {@link SegmentScanner} does. For one thread at a time.
 */
public final class HeaderScanner {
    private final FrameCodec codec;
    private final int maxFrameBytes;

    public HeaderScanner(FrameCodec codec, int maxFrameBytes) {
        this.codec = codec;
        this.maxFrameBytes = maxFrameBytes;
    }

    /** Takes the frames in order, those too whose records are damaged. */
    public interface Visitor {
        void frame(FrameHeader header, long position);
    }

    /**
     * Walks a segment.
     *
     * @throws UnreadableException at a frame that is whole but not for this reader
     */
    public void scan(LogFile file, SegmentView segment, Visitor visitor) throws IOException {
        FrameCursor cursor = new FrameCursor(segment, file, codec, maxFrameBytes, SegmentHeader.BYTES);
        while (!cursor.atEnd()) {
            FrameHeader header = cursor.peek(0);
            if (header == null) {
                scanFrames(file, segment, cursor.position(), visitor);
                return;
            }
            visitor.frame(header, cursor.position());
            cursor.moveTo(cursor.position() + header.frameBytes());
        }
    }

    private void scanFrames(LogFile file, SegmentView segment, long from, Visitor visitor) throws IOException {
        new SegmentScanner(codec, maxFrameBytes)
                .scan(
                        file,
                        segment.segmentId(),
                        from,
                        segment.lengthBytes(),
                        SegmentScanner.Expectation.NONE,
                        new SegmentScanner.Visitor() {
                            @Override
                            public boolean frame(FrameHeader header, long position, ByteBuffer buffer, int at) {
                                visitor.frame(header, position);
                                return true;
                            }

                            @Override
                            public boolean bad(long position, long end, FrameHeader header, String reason) {
                                if (header != null) {
                                    visitor.frame(header, position);
                                }
                                return true;
                            }
                        });
    }
}
