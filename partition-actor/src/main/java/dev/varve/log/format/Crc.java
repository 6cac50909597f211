package dev.varve.log.format;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * CRC-32C (Castagnoli, RFC 3720) over bytes that follow a seed. The seed words are run through the checksum first, so
 * that zeros, or bytes of another log, never carry a right one.
 *
 * <p>Not thread-safe; holds a little state so that a checksum allocates nothing.
 */
final class Crc {
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer seed = ByteBuffer.allocate(3 * Long.BYTES);

    Crc start(long logId) {
        seed.clear().putLong(logId).flip();
        return start();
    }

    Crc start(long logId, long segmentId, long position) {
        seed.clear().putLong(logId).putLong(segmentId).putLong(position).flip();
        return start();
    }

    private Crc start() {
        crc.reset();
        crc.update(seed);
        return this;
    }

    /** Adds the bytes from one index of the buffer up to another; leaves its position and limit as they were. */
    Crc add(ByteBuffer buffer, int from, int to) {
        int position = buffer.position();
        int limit = buffer.limit();
        buffer.limit(to).position(from);
        crc.update(buffer);
        buffer.limit(limit).position(position);
        return this;
    }

    int value() {
        return (int) crc.getValue();
    }
}
