package dev.varve.log.segment;

import dev.varve.log.format.DecodeResult;
import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.FrameLayout;
import dev.varve.log.io.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Walks a segment from frame to frame and tells what it meets: frames whose checksums are right and that follow those
 * before them, bad bytes between frames, and where the written part ends. Behind bad bytes it goes on at the next place
 * where the fixed fields of a frame stand with a right checksum of their own, which is seeded with that very place; so
 * the search is linear, and a frame inside a record's value never passes for one.
 *
 * <p>Holds one buffer, of a megabyte, of the largest frame met, or of what there is if that is less. Not thread-safe.
 */
public final class SegmentScanner {
    private static final int BUFFER_BYTES = 1 << 20;

    private final FrameCodec codec;
    private final int maxFrameBytes;
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private LogFile file;
    private long fileEnd;
    /** The position in the file of the first byte of the buffer, and how many bytes it holds. */
    private long bufferPosition;

    private int bufferBytes;

    /** Takes what a scan meets, in the order of the file. */
    public interface Visitor {
        /**
         * A frame whose checksums are right. It lies in the buffer at this index, and is gone when the call returns.
         *
         * @return whether to go on
         */
        boolean frame(FrameHeader header, long position, ByteBuffer buffer, int at);

        /**
         * Bytes that are not.
         *
         * @param header the fixed fields, if they are right and only what follows them is not; else null
         * @return whether to go on
         */
        boolean bad(long position, long end, FrameHeader header, String reason);
    }

    /**
     * What must hold of the first frame: the frames of a log never go backwards.
     *
     * @param offset the least offset that it may have
     * @param epoch the least epoch that it may have
     * @param sequence its sequence must be greater than this
     */
    public record Expectation(long offset, long epoch, long sequence) {
        /** Nothing is known of what came before. */
        public static final Expectation NONE = new Expectation(0, 0, -1);
    }

    /**
     * How a scan ended.
     *
     * @param end the position behind the last frame or bad byte; what lies between it and the end of the scan is zeros
     * @param next what must hold of the next frame
     */
    public record Outcome(long end, Expectation next) {}

    public SegmentScanner(FrameCodec codec, int maxFrameBytes) {
        this.codec = codec;
        this.maxFrameBytes = maxFrameBytes;
    }

    /**
     * Scans a part of a segment.
     *
     * @param from where a frame begins
     * @param to where to stop: the end of the file, or less
     * @throws UnreadableException at a frame that is whole but not for this reader
     */
    public Outcome scan(LogFile segment, long segmentId, long from, long to, Expectation expectation, Visitor visitor)
            throws IOException {
        file = segment;
        fileEnd = to;
        bufferPosition = from;
        bufferBytes = 0;
        int wantedBytes = (int) Math.max(0, Math.min(to - from, BUFFER_BYTES));
        if (buffer.capacity() < wantedBytes) {
            buffer = ByteBuffer.allocateDirect(wantedBytes);
        }
        Expectation expected = expectation;
        long position = from;
        while (position < fileEnd) {
            DecodeResult result = decode(segmentId, position);
            if (result instanceof DecodeResult.End) {
                long nonZero = nextNonZero(position);
                if (nonZero == fileEnd) {
                    break;
                }
                long end = nextFrame(segmentId, position + FrameLayout.ALIGNMENT);
                if (!visitor.bad(
                        position,
                        end,
                        null,
                        "zeros, and at position " + nonZero + " other bytes, where a frame should be")) {
                    return new Outcome(end, expected);
                }
                position = end;
                continue;
            }
            if (result instanceof DecodeResult.Unreadable unreadable) {
                throw new UnreadableException(position, unreadable.reason());
            }
            FrameHeader header = header(result);
            String reason = reason(result, expected, position);
            if (reason == null) {
                if (!visitor.frame(header, position, buffer, (int) (position - bufferPosition))) {
                    return new Outcome(position + header.frameBytes(), expected);
                }
                expected = new Expectation(
                        header.nextOffset(),
                        header.epoch(),
                        // A mark repeats the sequence of the frame before it.
                        header.sequence());
                position += header.frameBytes();
            } else {
                boolean lengthIsKnown = header != null && position + header.frameBytes() <= fileEnd;
                long end = lengthIsKnown
                        ? position + header.frameBytes()
                        : nextFrame(segmentId, position + FrameLayout.ALIGNMENT);
                if (!visitor.bad(position, end, header, reason)) {
                    return new Outcome(end, expected);
                }
                position = end;
            }
        }
        return new Outcome(position, expected);
    }

    private static FrameHeader header(DecodeResult result) {
        if (result instanceof DecodeResult.Ok ok) {
            return ok.header();
        }
        return result instanceof DecodeResult.Torn torn ? torn.header() : ((DecodeResult.Corrupt) result).header();
    }

    /** Why what was met is bad, or null if it is a frame in its place. */
    private String reason(DecodeResult result, Expectation expected, long position) {
        if (result instanceof DecodeResult.Torn torn) {
            return "the file ends at " + fileEnd + ", inside a frame of at least " + torn.neededBytes() + " bytes";
        }
        if (result instanceof DecodeResult.Corrupt corrupt) {
            return corrupt.reason();
        }
        FrameHeader header = ((DecodeResult.Ok) result).header();
        boolean sequenceFollows =
                header.isMark() ? header.sequence() >= expected.sequence() : header.sequence() > expected.sequence();
        if (header.baseOffset() < expected.offset() || header.epoch() < expected.epoch() || !sequenceFollows) {
            return "the frame (offset " + header.baseOffset() + ", epoch " + header.epoch() + ", sequence "
                    + header.sequence() + ") does not follow the ones before it (offset " + expected.offset()
                    + ", epoch " + expected.epoch() + ", sequence above " + expected.sequence() + ")";
        }
        return null;
    }

    private DecodeResult decode(long segmentId, long position) throws IOException {
        ensure(position, FrameLayout.HEADER_BYTES);
        DecodeResult result = decodeBuffered(segmentId, position);
        if (result instanceof DecodeResult.Torn torn && position + torn.neededBytes() <= fileEnd) {
            ensure(position, torn.neededBytes());
            result = decodeBuffered(segmentId, position);
            if (result instanceof DecodeResult.Torn again && position + again.neededBytes() <= fileEnd) {
                // The first look showed only how long the fixed fields are; they show how long the frame is.
                ensure(position, again.neededBytes());
                result = decodeBuffered(segmentId, position);
            }
        }
        return result;
    }

    private DecodeResult decodeBuffered(long segmentId, long position) {
        return codec.decode(buffer, (int) (position - bufferPosition), bufferBytes, segmentId, position, maxFrameBytes);
    }

    /** Sees to it that the buffer holds these bytes, or all there are up to the end. */
    private void ensure(long position, long bytes) throws IOException {
        long end = Math.min(fileEnd, position + bytes);
        if (position >= bufferPosition && end <= bufferPosition + bufferBytes) {
            return;
        }
        long wanted = Math.max(end - position, Math.min(BUFFER_BYTES, fileEnd - position));
        if (wanted > buffer.capacity()) {
            buffer = ByteBuffer.allocateDirect(Math.toIntExact(wanted));
        }
        bufferPosition = position;
        buffer.clear().limit((int) Math.min(buffer.capacity(), fileEnd - position));
        bufferBytes = FailedReadException.read(file, buffer, position);
        buffer.clear();
        if (position + bufferBytes < end) {
            // Somebody shortened the file since its length was asked for; what is left is all there is.
            fileEnd = position + bufferBytes;
        }
    }

    private long nextNonZero(long from) throws IOException {
        for (long position = from; position < fileEnd; ) {
            ensure(position, Long.BYTES);
            int at = (int) (position - bufferPosition);
            while (at + Long.BYTES <= bufferBytes && buffer.getLong(at) == 0) {
                at += Long.BYTES;
            }
            while (at < bufferBytes && buffer.get(at) == 0) {
                at++;
            }
            position = bufferPosition + at;
            if (at < bufferBytes) {
                return position;
            }
        }
        return fileEnd;
    }

    /** The next place at or behind this one where the fixed fields of a frame stand, or where only zeros follow. */
    private long nextFrame(long segmentId, long from) throws IOException {
        long zerosFrom = from;
        for (long position = from; position < fileEnd; position += FrameLayout.ALIGNMENT) {
            ensure(position, FrameLayout.HEADER_BYTES_WITH_PRODUCER);
            int at = (int) (position - bufferPosition);
            if (codec.decodeHeader(buffer, at, bufferBytes, segmentId, position) != null) {
                return position;
            }
            if (!isZeroWord(at)) {
                zerosFrom = position + FrameLayout.ALIGNMENT;
            }
        }
        return Math.min(zerosFrom, fileEnd);
    }

    private boolean isZeroWord(int at) {
        if (at + Long.BYTES <= bufferBytes) {
            return buffer.getLong(at) == 0;
        }
        for (int i = at; i < bufferBytes; i++) {
            if (buffer.get(i) != 0) {
                return false;
            }
        }
        return true;
    }
}
