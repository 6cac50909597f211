package dev.varve.log.keys;

import java.util.Arrays;

/**
 * The bytes of a key, in the order in which tables hold keys: by a hash of 64 bits, unsigned, then by the bytes. The hash is FNV-1a
 * with the finalizer of MurmurHash3 behind it (docs/FORMAT.md). Immutable, as long as nobody changes the bytes.
 */
public final class Key implements Comparable<Key> {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final byte[] bytes;
    private final long hash;

    /** @param bytes not copied */
    public Key(byte[] bytes) {
        this.bytes = bytes;
        this.hash = hash(bytes);
    }

    static long hash(byte[] bytes) {
        long hash = FNV_OFFSET;
        for (byte b : bytes) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return hash ^ (hash >>> 33);
    }

    public byte[] bytes() {
        return bytes;
    }

    long hash() {
        return hash;
    }

    /** The one of so many buckets, a power of two, that this key belongs to: buckets are in the order of keys. */
    int bucket(int bucketBits) {
        return bucketBits == 0 ? 0 : (int) (hash >>> (Long.SIZE - bucketBits));
    }

    /** About how much memory it takes. */
    long memoryBytes() {
        return 40 + bytes.length;
    }

    @Override
    public int compareTo(Key other) {
        int byHash = Long.compareUnsigned(hash, other.hash);
        return byHash != 0 ? byHash : Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Key that && hash == that.hash && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(hash);
    }

    @Override
    public String toString() {
        return "Key[" + bytes.length + " bytes, hash " + Long.toHexString(hash) + "]";
    }
}
