package dev.varve.log.format;

import java.nio.ByteBuffer;

/**
 * The first 512 bytes of a segment file: a disk sector of their own, which no append ever writes again.
 *
 * @param logId the log that the segment belongs to
 * @param segmentId unique in the log, never used again
 * @param baseOffset the least offset that the segment may hold
 * @param epoch the epoch of the frame before the segment
 * @param sequence the sequence of the frame before the segment
 * @param createdMillis when it was created, milliseconds since 1970-01-01T00:00:00Z
 */
public record SegmentHeader(
        long logId, long segmentId, long baseOffset, long epoch, long sequence, long createdMillis) {

    /** The size of the header, and so the position of the first frame. */
    public static final int BYTES = 512;

    public static final int VERSION = 1;

    /** "VARVESEG". */
    private static final long MAGIC = 0x5641525645534547L;

    private static final int CRC_AT = 64;

    public ByteBuffer encode() {
        ByteBuffer buffer = ByteBuffer.allocate(BYTES);
        buffer.putLong(MAGIC)
                .putInt(VERSION)
                .putInt(BYTES)
                .putLong(logId)
                .putLong(segmentId)
                .putLong(baseOffset)
                .putLong(epoch)
                .putLong(sequence)
                .putLong(createdMillis);
        buffer.putInt(CRC_AT, crc(buffer));
        return buffer.clear();
    }

    /** What the first bytes of a segment file hold: a header, or what is wrong with them. */
    public sealed interface Decoded {
        record Ok(SegmentHeader header) implements Decoded {}

        record Bad(String reason) implements Decoded {}

        /** A header whose checksum is right, in a format that this version does not know: a later one wrote it. */
        record Unreadable(String reason) implements Decoded {}
    }

    public static Decoded decode(ByteBuffer buffer) {
        if (buffer.remaining() < BYTES) {
            return new Decoded.Bad("the file ends inside the segment header, after " + buffer.remaining() + " bytes");
        }
        int start = buffer.position();
        ByteBuffer header = buffer.slice(start, BYTES);
        if (header.getLong(0) != MAGIC) {
            return new Decoded.Bad("this is no segment file: it does not begin with VARVESEG");
        }
        if (header.getInt(CRC_AT) != crc(header)) {
            return new Decoded.Bad("the segment header fails its checksum");
        }
        int version = header.getInt(8);
        if (version != VERSION) {
            return new Decoded.Unreadable("segment format version " + version
                    + " is not known to this version of varve, which reads " + VERSION + FrameCodec.LATER_VERSION);
        }
        if (header.getInt(12) != BYTES) {
            return new Decoded.Bad("the segment header says that it has " + header.getInt(12) + " bytes");
        }
        return new Decoded.Ok(new SegmentHeader(
                header.getLong(16),
                header.getLong(24),
                header.getLong(32),
                header.getLong(40),
                header.getLong(48),
                header.getLong(56)));
    }

    private static int crc(ByteBuffer header) {
        // Seeded with nothing: the header is what tells the log id.
        return new Crc()
                .start(0)
                .add(header, 0, CRC_AT)
                .add(header, CRC_AT + Integer.BYTES, BYTES)
                .value();
    }
}
