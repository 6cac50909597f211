package dev.varve.log.keys;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** The bytes of a {@link KeyTable}. All numbers are big-endian. docs/FORMAT.md says the same. */
public final class KeyTableLayout {
    static final int VERSION = 1;
    static final int HEADER_BYTES = 64;
    static final int BUCKET_HEADER_BYTES = 8;

    /** About how many keys share a bucket. */
    static final int KEYS_PER_BUCKET = 16;

    /** More buckets than this are not believed: room for more than two hundred million keys. */
    private static final int MAX_BUCKET_BITS = 24;

    /** "VARVEKEY". */
    private static final long MAGIC = 0x56415256454B4559L;

    private static final int CRC_AT = 56;

    private KeyTableLayout() {}

    /** What a table holds. */
    public enum Kind {
        /** The keys of one segment, with their postings. */
        SEGMENT(1),
        /** All keys of a log. */
        DIRECTORY(2);

        final int number;

        Kind(int number) {
            this.number = number;
        }
    }

    /** How many bits number the buckets of a table of so many keys. */
    static int bucketBits(long keys) {
        int bits = 0;
        while (bits < MAX_BUCKET_BITS && ((long) KEYS_PER_BUCKET << bits) < keys) {
            bits++;
        }
        return bits;
    }

    /**
     * The first bytes of a table.
     *
     * @param kind what it holds
     * @param logId the log that it was made from
     * @param segmentId the segment that it was made from; of a directory, the active segment at that time
     * @param covered of what it was made: up to this position of that segment; of a directory, up to this offset of the log
     * @param keys how many keys it holds
     * @param bucketBits how many bits number its buckets
     * @param startsCrc the checksum of where the buckets begin
     */
    public record Header(
            Kind kind, long logId, long segmentId, long covered, long keys, int bucketBits, int startsCrc) {

        int buckets() {
            return 1 << bucketBits;
        }

        int startsBytes() {
            return Math.multiplyExact(buckets() + 1, Long.BYTES);
        }

        long bucketsAt() {
            return HEADER_BYTES + (long) startsBytes();
        }

        ByteBuffer encode() {
            ByteBuffer buffer = ByteBuffer.allocate(HEADER_BYTES);
            buffer.putLong(MAGIC)
                    .putInt(VERSION)
                    .putInt(kind.number)
                    .putLong(logId)
                    .putLong(segmentId)
                    .putLong(covered)
                    .putLong(keys)
                    .putInt(bucketBits)
                    .putInt(startsCrc);
            buffer.putInt(CRC_AT, crc(buffer));
            return buffer.clear();
        }

        /** The header in a buffer; null if it is not one of this kind and log. */
        static Header decode(ByteBuffer buffer, Kind kind, long logId) {
            if (buffer.getLong(0) != MAGIC
                    || buffer.getInt(CRC_AT) != crc(buffer)
                    || buffer.getInt(CRC_AT + Integer.BYTES) != 0
                    || buffer.getInt(8) != VERSION
                    || buffer.getInt(12) != kind.number
                    || buffer.getLong(16) != logId) {
                return null;
            }
            int bucketBits = buffer.getInt(48);
            if (bucketBits < 0 || bucketBits > MAX_BUCKET_BITS) {
                return null;
            }
            return new Header(
                    kind,
                    logId,
                    buffer.getLong(24),
                    buffer.getLong(32),
                    buffer.getLong(40),
                    bucketBits,
                    buffer.getInt(52));
        }

        private static int crc(ByteBuffer buffer) {
            CRC32C crc = new CRC32C();
            crc.update(buffer.slice(0, CRC_AT));
            return (int) crc.getValue();
        }

        boolean matches(ByteBuffer starts) {
            return startsCrc(starts) == startsCrc;
        }

        static int startsCrc(ByteBuffer starts) {
            CRC32C crc = new CRC32C();
            crc.update(starts.duplicate());
            return (int) crc.getValue();
        }

        /** Whether these are the bytes of a bucket of this number. */
        boolean isBucket(int bucket, ByteBuffer bytes) {
            return bytes.getInt(4) == bytes.limit() - BUCKET_HEADER_BYTES
                    && bytes.getInt(0) == bucketCrc(logId, segmentId, bucket, bytes);
        }

        /** The checksum of a bucket's bytes behind the place of the checksum. */
        static int bucketCrc(long logId, long segmentId, int bucket, ByteBuffer bytes) {
            CRC32C crc = new CRC32C();
            crc.update(ByteBuffer.allocate(20)
                    .putLong(logId)
                    .putLong(segmentId)
                    .putInt(bucket)
                    .flip());
            crc.update(bytes.duplicate().position(Integer.BYTES));
            return (int) crc.getValue();
        }
    }
}
