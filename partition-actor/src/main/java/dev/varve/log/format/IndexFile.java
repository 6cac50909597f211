package dev.varve.log.format;

import java.nio.ByteBuffer;

/**
 * The bytes of an index file: a header, then entries of one size. The checksum covers both, so an index is used as a
 * whole or not at all.
 *
 * @param kind which index
 * @param logId the log
 * @param segmentId the segment that it was made from
 * @param coveredBytes the length of the segment at that time
 * @param entries the entries, from index 0 to the limit of the buffer
 */
public record IndexFile(Kind kind, long logId, long segmentId, long coveredBytes, ByteBuffer entries) {
    public static final int VERSION = 1;
    public static final int HEADER_BYTES = 48;

    private static final int CRC_AT = 44;

    /** The kinds of indexes, with the size of an entry. */
    public enum Kind {
        /** {@code offset delta u32, position u32}, both increasing. "VARVEIDX". */
        OFFSET(0x5641525645494458L, 8),
        /** {@code greatest timestamp before the position i64, position u32}, both increasing. "VARVETIX". */
        TIME(0x5641525645544958L, 12);

        final long magic;
        final int entryBytes;

        Kind(long magic, int entryBytes) {
            this.magic = magic;
            this.entryBytes = entryBytes;
        }

        public int entryBytes() {
            return entryBytes;
        }
    }

    public int count() {
        return entries.limit() / kind.entryBytes;
    }

    public ByteBuffer encode() {
        ByteBuffer buffer = ByteBuffer.allocate(HEADER_BYTES + entries.limit());
        buffer.putLong(kind.magic)
                .putInt(VERSION)
                .putInt(kind.entryBytes)
                .putLong(logId)
                .putLong(segmentId)
                .putLong(coveredBytes)
                .putInt(count());
        buffer.position(HEADER_BYTES);
        buffer.put(entries.duplicate().rewind());
        buffer.putInt(CRC_AT, crc(buffer));
        return buffer.flip();
    }

    /** The index that these bytes hold, or null if they are no whole index of this kind. */
    public static IndexFile decode(Kind kind, ByteBuffer buffer) {
        if (buffer.limit() < HEADER_BYTES
                || buffer.getLong(0) != kind.magic
                || buffer.getInt(8) != VERSION
                || buffer.getInt(12) != kind.entryBytes
                || buffer.limit() != HEADER_BYTES + (long) buffer.getInt(40) * kind.entryBytes
                || buffer.getInt(CRC_AT) != crc(buffer)) {
            return null;
        }
        return new IndexFile(
                kind,
                buffer.getLong(16),
                buffer.getLong(24),
                buffer.getLong(32),
                buffer.slice(HEADER_BYTES, buffer.limit() - HEADER_BYTES));
    }

    private static int crc(ByteBuffer buffer) {
        return new Crc()
                .start(0)
                .add(buffer, 0, CRC_AT)
                .add(buffer, HEADER_BYTES, buffer.limit())
                .value();
    }
}
