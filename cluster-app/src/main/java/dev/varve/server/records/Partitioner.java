package dev.varve.server.records;

import java.util.zip.CRC32C;

/**
 * Which partition a key belongs to: the CRC-32C of its bytes (Castagnoli, as in RFC 3720), taken as an unsigned number, modulo the
 * number of partitions. The same on every node and in the client, and never to change, for records of one key would part. Any thread.
 */
public final class Partitioner {
    private Partitioner() {}

    /**
     * The partition of a key.
     *
     * @param key not null
     * @param partitions how many there are, 1 or more
     * @return 0 to {@code partitions - 1}
     */
    public static int partitionOf(byte[] key, int partitions) {
        CRC32C crc = new CRC32C();
        crc.update(key, 0, key.length);
        return (int) (crc.getValue() % partitions);
    }
}
