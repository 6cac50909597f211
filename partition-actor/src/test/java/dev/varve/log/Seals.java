package dev.varve.log;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Puts right checksums on bytes that a test has changed, so that what is behind the checksums is tested too. Written from
 * docs/FORMAT.md alone: that the log believes these checksums shows that the document is right about them.
 */
public final class Seals {
    private Seals() {}

    /** Both checksums of a frame in the bytes of its segment file. The length word must be right. */
    public static void frame(byte[] file, int position, long logId, long segmentId) {
        frame(file, position, logId, segmentId, position);
    }

    /** The same for a frame that lies elsewhere than it claims to. */
    static void frame(byte[] bytes, int at, long logId, long segmentId, long position) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        int headerBytes = (buffer.getShort(at + 14) & 0x10) == 0 ? 88 : 104;
        CRC32C header = seeded(logId, segmentId, position);
        header.update(bytes, at + 4, 72);
        header.update(bytes, at + 80, headerBytes - 80);
        buffer.putInt(at + 76, (int) header.getValue());
        int frameBytes = buffer.getInt(at + 4) + 8;
        if (frameBytes >= 8 && frameBytes <= bytes.length - at) {
            CRC32C frame = seeded(logId);
            frame.update(bytes, at + 4, frameBytes - 4);
            buffer.putInt(at, (int) frame.getValue());
        }
    }

    /** The checksum of the header of a segment. */
    static void segmentHeader(byte[] file) {
        CRC32C crc = seeded(0);
        crc.update(file, 0, 64);
        crc.update(file, 68, 512 - 68);
        ByteBuffer.wrap(file).putInt(64, (int) crc.getValue());
    }

    /** The checksums of both copies in a manifest. */
    static void manifest(byte[] file) {
        manifestCopy(file, 0);
        manifestCopy(file, file.length / 2);
    }

    /** The checksum of the copy of a manifest that begins at a position and ends with the half or the file. */
    static void manifestCopy(byte[] file, int start) {
        int end = start == 0 ? file.length / 2 : file.length;
        CRC32C crc = seeded(0);
        crc.update(file, start, 16);
        crc.update(file, start + 20, end - start - 20);
        ByteBuffer.wrap(file).putInt(start + 16, (int) crc.getValue());
    }

    /** The checksum of an index or a time index. */
    static void index(byte[] file) {
        CRC32C crc = seeded(0);
        crc.update(file, 0, 44);
        crc.update(file, 48, file.length - 48);
        ByteBuffer.wrap(file).putInt(44, (int) crc.getValue());
    }

    private static CRC32C seeded(long... words) {
        CRC32C crc = new CRC32C();
        ByteBuffer seed = ByteBuffer.allocate(Long.BYTES * words.length);
        Arrays.stream(words).forEach(seed::putLong);
        crc.update(seed.array());
        return crc;
    }
}
