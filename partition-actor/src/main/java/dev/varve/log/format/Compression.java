package dev.varve.log.format;

import java.nio.ByteBuffer;
import java.util.Locale;

/**
 * How the records of a batch are stored. Written as a number into the attributes of each frame, so that a log may hold batches of
 * every kind side by side. docs/FORMAT.md has the bytes.
 *
 * <p>Any thread.
 */
public enum Compression {
    /** As they are. */
    NONE(0),

    /** One LZ4 block: costs little on either side. */
    LZ4(1),

    /** One Zstandard frame: takes less room than LZ4, and more of the processor's time. */
    ZSTD(2);

    private static final Compression[] ALL = values();

    private final int code;

    Compression(int code) {
        this.code = code;
    }

    /** The number in the attributes of a frame. */
    public int code() {
        return code;
    }

    /** The kind with a number, or null if this version knows none. */
    public static Compression of(int code) {
        for (Compression kind : ALL) {
            if (kind.code == code) {
                return kind;
            }
        }
        return null;
    }

    /**
     * The kind with a name: {@code none}, {@code lz4} or {@code zstd}.
     *
     * @throws IllegalArgumentException if there is none; the message says which there are
     */
    public static Compression named(String name) {
        for (Compression kind : ALL) {
            if (kind.toString().equals(name)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("compression is none, lz4 or zstd, not " + name);
    }

    /** How many bytes so many can become at most. As the authors of the formats say, so that no library is needed to know. */
    public int maxCompressedBytes(int bytes) {
        return switch (this) {
            case NONE -> bytes;
            case LZ4 -> bytes + bytes / 255 + 16;
            case ZSTD -> bytes + (bytes >> 8) + (Math.max(0, (128 << 10) - bytes) >> 11);
        };
    }

    /**
     * Compresses a stretch of a direct buffer into another stretch of it, which does not overlap the first and has room for
     * {@link #maxCompressedBytes}. Leaves the buffer's position and limit as they are. Not for {@link #NONE}.
     *
     * @return how many bytes it has become, which may be more than it was
     * @throws CodecUnavailableException if this process has no means to do it
     */
    public int compress(ByteBuffer buffer, int from, int bytes, int to) throws CodecUnavailableException {
        return codec().compress(buffer, from, bytes, to, maxCompressedBytes(bytes));
    }

    /** Whether this process has the means for it. Without, batches can be neither stored nor read in this way. */
    public boolean isAvailable() {
        if (this == NONE) {
            return true;
        }
        try {
            codec();
            return true;
        } catch (CodecUnavailableException e) {
            return false;
        }
    }

    /** What does the work. */
    Codec codec() throws CodecUnavailableException {
        return switch (this) {
            case NONE ->
                throw new IllegalStateException("nothing is to be done to records that are stored as they are");
            case LZ4 -> Lz4Codec.instance();
            case ZSTD -> ZstdCodec.instance();
        };
    }

    /** As in the configuration and on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
