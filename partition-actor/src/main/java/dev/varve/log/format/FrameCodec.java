package dev.varve.log.format;

import dev.varve.log.format.FrameHeader.Producer;
import java.nio.ByteBuffer;

/**
 * Writes and reads frames. A frame is written in two steps: {@link #begin} when its records are known, {@link #stamp}
 * when its place in the log is, for both checksums depend on that place. The checksum of the fixed fields is seeded
 * with the log id, the segment id and the position, so that a frame which lies where it was not written, be it a
 * misdirected write or the copy of a frame inside a record's value, is not taken for one. The checksum of the frame is
 * seeded with the log id and covers everything behind it, padding included.
 *
 * <p>Big-endian buffers only. Not thread-safe.
 */
public final class FrameCodec {
    /** What to do about bytes that a later version wrote. */
    static final String LATER_VERSION = "; open the log with the version that wrote it, or a later one";

    private final long logId;
    private final Crc crc = new Crc();

    public FrameCodec(long logId) {
        this.logId = logId;
    }

    /** What {@link #begin} needs to know of a batch. */
    public record Content(
            int attributes,
            int recordCount,
            int lastOffsetDelta,
            long minTimestamp,
            long maxTimestamp,
            int storedBytes,
            int uncompressedBytes,
            Producer producer) {}

    /**
     * Writes the fields that do not depend on the place of the frame, and the padding; the records are to be put at
     * {@code at + headerBytes(attributes)} by the caller. The buffer must have room for the whole frame.
     *
     * @return the size of the frame
     */
    public static int begin(ByteBuffer buffer, int at, Content content) {
        int attributes =
                content.producer() == null ? content.attributes() : content.attributes() | FrameLayout.PRODUCER;
        int headerBytes = FrameLayout.headerBytes(attributes);
        int frameBytes = Math.toIntExact(FrameLayout.frameBytes(headerBytes, content.storedBytes()));
        buffer.putInt(at + FrameLayout.LENGTH, frameBytes - 8)
                .putInt(at + FrameLayout.MAGIC_AT, FrameLayout.MAGIC)
                .put(at + FrameLayout.VERSION_AT, FrameLayout.VERSION)
                .put(at + FrameLayout.RESERVED_BYTE, (byte) 0)
                .putShort(at + FrameLayout.ATTRIBUTES, (short) attributes)
                .putInt(at + FrameLayout.RECORD_COUNT, content.recordCount())
                .putInt(at + FrameLayout.LAST_OFFSET_DELTA, content.lastOffsetDelta())
                .putLong(at + FrameLayout.MIN_TIMESTAMP, content.minTimestamp())
                .putLong(at + FrameLayout.MAX_TIMESTAMP, content.maxTimestamp())
                .putInt(at + FrameLayout.STORED_BYTES, content.storedBytes())
                .putInt(at + FrameLayout.UNCOMPRESSED_BYTES, content.uncompressedBytes());
        Producer producer = content.producer();
        if (producer != null) {
            buffer.putLong(at + FrameLayout.PRODUCER_ID, producer.id())
                    .putShort(at + FrameLayout.PRODUCER_EPOCH, producer.epoch())
                    .putShort(at + FrameLayout.PRODUCER_RESERVED, (short) 0)
                    .putInt(at + FrameLayout.PRODUCER_SEQUENCE, producer.firstSequence());
        }
        for (int i = headerBytes + content.storedBytes(); i < frameBytes; i++) {
            buffer.put(at + i, (byte) 0);
        }
        return frameBytes;
    }

    /** The size of a frame that {@link #begin} wrote, or that was decoded. */
    public static int frameBytes(ByteBuffer buffer, int at) {
        return buffer.getInt(at + FrameLayout.LENGTH) + 8;
    }

    /** The place of a frame in the log. */
    public record Place(
            long segmentId,
            long position,
            long epoch,
            long sequence,
            long baseOffset,
            long durableMark,
            long maxTimestampBefore) {}

    /** Completes a frame whose records are in place: writes where it lies and both checksums. */
    public void stamp(ByteBuffer buffer, int at, Place place) {
        int frameBytes = frameBytes(buffer, at);
        buffer.putLong(at + FrameLayout.EPOCH, place.epoch())
                .putLong(at + FrameLayout.SEQUENCE, place.sequence())
                .putLong(at + FrameLayout.BASE_OFFSET, place.baseOffset())
                .putInt(at + FrameLayout.DURABLE_MARK, Math.toIntExact(place.durableMark()))
                .putLong(at + FrameLayout.MAX_TIMESTAMP_BEFORE, place.maxTimestampBefore());
        int headerBytes = FrameLayout.headerBytes(buffer.getShort(at + FrameLayout.ATTRIBUTES));
        buffer.putInt(
                at + FrameLayout.HEADER_CRC, headerCrc(buffer, at, headerBytes, place.segmentId(), place.position()));
        buffer.putInt(at + FrameLayout.FRAME_CRC, frameCrc(buffer, at, frameBytes));
    }

    /**
     * Tells what lies at an index of the buffer.
     *
     * @param at where in the buffer, and {@code limit} where its bytes end
     * @param segmentId the segment, and {@code position} the place in it, that the bytes were read from
     * @param maxFrameBytes the size above which a frame is not believed
     */
    public DecodeResult decode(ByteBuffer buffer, int at, int limit, long segmentId, long position, int maxFrameBytes) {
        if (isZero(buffer, at, Math.min(limit, at + FrameLayout.HEADER_BYTES))) {
            return new DecodeResult.End();
        }
        if (limit - at < FrameLayout.HEADER_BYTES) {
            return new DecodeResult.Torn(null, FrameLayout.HEADER_BYTES);
        }
        FrameHeader header = decodeHeader(buffer, at, limit, segmentId, position);
        if (header == null) {
            int headerBytes = FrameLayout.headerBytes(buffer.getShort(at + FrameLayout.ATTRIBUTES));
            return limit - at < headerBytes
                    ? new DecodeResult.Torn(null, headerBytes)
                    : new DecodeResult.Corrupt(null, "these bytes are not a frame of this log at this place");
        }
        String unknown = unknownFormat(header, buffer, at);
        if (unknown != null) {
            return new DecodeResult.Unreadable(unknown + LATER_VERSION);
        }
        String contradiction = contradiction(header, position);
        if (contradiction != null) {
            return new DecodeResult.Corrupt(null, contradiction);
        }
        if (isOver(maxFrameBytes, header)) {
            return new DecodeResult.Unreadable("a frame of " + header.frameBytes() + " bytes ("
                    + header.uncompressedBytes() + " uncompressed) is over the limit of " + maxFrameBytes
                    + "; open the log with a larger varve.max-batch-bytes");
        }
        if (limit - at < header.frameBytes()) {
            return new DecodeResult.Torn(header, header.frameBytes());
        }
        if (frameCrc(buffer, at, header.frameBytes()) != buffer.getInt(at + FrameLayout.FRAME_CRC)) {
            return new DecodeResult.Corrupt(header, "the frame fails its checksum");
        }
        return new DecodeResult.Ok(header);
    }

    /** The fixed fields of a frame if their own checksum is right and they make sense, else null. Does not look at the records. */
    public FrameHeader peek(ByteBuffer buffer, int at, int limit, long segmentId, long position, int maxFrameBytes) {
        FrameHeader header = decodeHeader(buffer, at, limit, segmentId, position);
        return header == null
                        || unknownFormat(header, buffer, at) != null
                        || contradiction(header, position) != null
                        || isOver(maxFrameBytes, header)
                ? null
                : header;
    }

    /** The fixed fields at an index of the buffer if their own checksum is right, else null, whatever they say. */
    public FrameHeader decodeHeader(ByteBuffer buffer, int at, int limit, long segmentId, long position) {
        if (limit - at < FrameLayout.HEADER_BYTES || buffer.getInt(at + FrameLayout.MAGIC_AT) != FrameLayout.MAGIC) {
            return null;
        }
        int attributes = Short.toUnsignedInt(buffer.getShort(at + FrameLayout.ATTRIBUTES));
        int headerBytes = FrameLayout.headerBytes(attributes);
        if (limit - at < headerBytes
                || headerCrc(buffer, at, headerBytes, segmentId, position)
                        != buffer.getInt(at + FrameLayout.HEADER_CRC)) {
            return null;
        }
        Producer producer = (attributes & FrameLayout.PRODUCER) == 0
                ? null
                : new Producer(
                        buffer.getLong(at + FrameLayout.PRODUCER_ID),
                        buffer.getShort(at + FrameLayout.PRODUCER_EPOCH),
                        buffer.getInt(at + FrameLayout.PRODUCER_SEQUENCE));
        return new FrameHeader(
                buffer.getInt(at + FrameLayout.LENGTH) + 8,
                attributes,
                buffer.getLong(at + FrameLayout.EPOCH),
                buffer.getLong(at + FrameLayout.SEQUENCE),
                buffer.getLong(at + FrameLayout.BASE_OFFSET),
                buffer.getInt(at + FrameLayout.RECORD_COUNT),
                buffer.getInt(at + FrameLayout.LAST_OFFSET_DELTA),
                buffer.getLong(at + FrameLayout.MIN_TIMESTAMP),
                buffer.getLong(at + FrameLayout.MAX_TIMESTAMP),
                buffer.getInt(at + FrameLayout.STORED_BYTES),
                buffer.getInt(at + FrameLayout.UNCOMPRESSED_BYTES),
                buffer.getInt(at + FrameLayout.DURABLE_MARK),
                buffer.getLong(at + FrameLayout.MAX_TIMESTAMP_BEFORE),
                producer);
    }

    /** What in the fixed fields a later version of varve must have written, in words; null if this version knows it all. */
    private static String unknownFormat(FrameHeader header, ByteBuffer buffer, int at) {
        byte version = buffer.get(at + FrameLayout.VERSION_AT);
        if (version != FrameLayout.VERSION) {
            return "frame format version " + version + " is not known to this version of varve, which reads "
                    + FrameLayout.VERSION;
        }
        // A codec is the business of those who want the records; where they lie is known without it.
        if ((header.attributes() & ~FrameLayout.KNOWN_ATTRIBUTES) != 0) {
            return "frame attributes 0x" + Integer.toHexString(header.attributes())
                    + " are not known to this version of varve";
        }
        if (buffer.get(at + FrameLayout.RESERVED_BYTE) != 0
                || (header.producer() != null && buffer.getShort(at + FrameLayout.PRODUCER_RESERVED) != 0)) {
            return "fields of the frame that this version of varve keeps zero are not";
        }
        return null;
    }

    /** What in the fixed fields cannot be, although their checksum is right; null if they make sense. */
    private static String contradiction(FrameHeader header, long position) {
        if (header.storedBytes() < 0
                || header.frameBytes() != FrameLayout.frameBytes(header.bodyStart(), header.storedBytes())) {
            return "the length " + header.frameBytes() + " does not fit " + header.storedBytes() + " bytes of records";
        }
        if (header.uncompressedBytes() < 0) {
            return header.uncompressedBytes() + " bytes of records before compression";
        }
        if (header.recordCount() < 0
                || header.lastOffsetDelta() < header.recordCount() - 1
                || (header.recordCount() == 0 && header.lastOffsetDelta() != -1)
                || header.baseOffset() < 0
                || header.nextOffset() < header.baseOffset()) {
            return "offsets from " + header.baseOffset() + " to " + header.lastOffset() + " for " + header.recordCount()
                    + " records";
        }
        if (!header.isMark() && header.minTimestamp() > header.maxTimestamp()) {
            return "timestamps from " + header.minTimestamp() + " to " + header.maxTimestamp();
        }
        if (header.durableMark() < 0 || header.durableMark() > position) {
            return "a durable mark of " + header.durableMark() + ", beyond the frame that carries it";
        }
        return null;
    }

    private static boolean isOver(int maxFrameBytes, FrameHeader header) {
        return header.frameBytes() > maxFrameBytes || header.uncompressedBytes() > maxFrameBytes;
    }

    private int headerCrc(ByteBuffer buffer, int at, int headerBytes, long segmentId, long position) {
        return crc.start(logId, segmentId, position)
                .add(buffer, at + FrameLayout.LENGTH, at + FrameLayout.HEADER_CRC)
                .add(buffer, at + FrameLayout.HEADER_CRC + Integer.BYTES, at + headerBytes)
                .value();
    }

    private int frameCrc(ByteBuffer buffer, int at, int frameBytes) {
        return crc.start(logId)
                .add(buffer, at + FrameLayout.LENGTH, at + frameBytes)
                .value();
    }

    private static boolean isZero(ByteBuffer buffer, int from, int to) {
        int i = from;
        for (; i + Long.BYTES <= to; i += Long.BYTES) {
            if (buffer.getLong(i) != 0) {
                return false;
            }
        }
        for (; i < to; i++) {
            if (buffer.get(i) != 0) {
                return false;
            }
        }
        return true;
    }
}
