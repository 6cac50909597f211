package dev.varve.log.format;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * CRC-32C (Castagnoli, RFC 3720) over bytes that follow a seed. The seed words are run through the checksum first, so
 * that zeros, or bytes of another log, never carry a right one.
 *
 * <p>Not thread-safe; holds a little state so that a checksum allocates nothing. The seed and what is small are gathered, for a call
 * of the platform's checksum costs as much as some hundred bytes of it.
 */
final class Crc {
    private static final int GATHERED_BYTES = 192;

    private final CRC32C crc = new CRC32C();
    private final ByteBuffer gathered = ByteBuffer.allocate(GATHERED_BYTES);

    Crc start(long logId) {
        crc.reset();
        gathered.clear().putLong(logId);
        return this;
    }

    Crc start(long logId, long segmentId, long position) {
        crc.reset();
        gathered.clear().putLong(logId).putLong(segmentId).putLong(position);
        return this;
    }

    /** Adds the bytes from one index of the buffer up to another; leaves its position and limit as they were. */
    Crc add(ByteBuffer buffer, int from, int to) {
        int bytes = to - from;
        if (bytes <= gathered.remaining()) {
            buffer.get(from, gathered.array(), gathered.position(), bytes);
            gathered.position(gathered.position() + bytes);
            return this;
        }
        addGathered();
        int position = buffer.position();
        int limit = buffer.limit();
        buffer.limit(to).position(from);
        crc.update(buffer);
        buffer.limit(limit).position(position);
        return this;
    }

    private void addGathered() {
        crc.update(gathered.array(), 0, gathered.position());
        gathered.clear();
    }

    int value() {
        addGathered();
        return (int) crc.getValue();
    }
}
