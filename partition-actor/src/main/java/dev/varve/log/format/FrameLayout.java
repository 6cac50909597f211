package dev.varve.log.format;

/** Where the fields of a frame lie. All numbers are big-endian. docs/FORMAT.md says the same with an example. */
public final class FrameLayout {
    /** Frames begin at multiples of this. */
    public static final int ALIGNMENT = 8;

    /** "VRVB": a varve record batch. */
    public static final int MAGIC = 0x56525642;

    public static final byte VERSION = 1;

    /** Bits 0 to 2 of the attributes: the code of a {@link Compression}. */
    public static final int CODEC_MASK = 0b111;

    /** Bit 3 of the attributes: a frame of the log's own, which readers skip. */
    public static final int CONTROL = 1 << 3;

    /** Bit 4 of the attributes: the producer fields are there. */
    public static final int PRODUCER = 1 << 4;

    /** Attribute bit: compaction took records out of the batch, so the last one may lie below the last offset. */
    public static final int THINNED = 1 << 5;

    /** Every attribute bit that this version knows. */
    static final int KNOWN_ATTRIBUTES = CODEC_MASK | CONTROL | PRODUCER | THINNED;

    static final int FRAME_CRC = 0;
    static final int LENGTH = 4;
    static final int MAGIC_AT = 8;
    static final int VERSION_AT = 12;
    static final int RESERVED_BYTE = 13;
    static final int ATTRIBUTES = 14;
    static final int EPOCH = 16;
    static final int SEQUENCE = 24;
    static final int BASE_OFFSET = 32;
    static final int RECORD_COUNT = 40;
    static final int LAST_OFFSET_DELTA = 44;
    static final int MIN_TIMESTAMP = 48;
    static final int MAX_TIMESTAMP = 56;
    static final int STORED_BYTES = 64;
    static final int UNCOMPRESSED_BYTES = 68;
    static final int DURABLE_MARK = 72;
    static final int HEADER_CRC = 76;
    static final int MAX_TIMESTAMP_BEFORE = 80;

    /** The size of the fixed fields without the producer's. */
    public static final int HEADER_BYTES = 88;

    static final int PRODUCER_ID = 88;
    static final int PRODUCER_EPOCH = 96;
    static final int PRODUCER_RESERVED = 98;
    static final int PRODUCER_SEQUENCE = 100;

    /** The size of the fixed fields with the producer's. */
    public static final int HEADER_BYTES_WITH_PRODUCER = 104;

    private FrameLayout() {}

    /** The size of the fixed fields of a frame with these attributes. */
    public static int headerBytes(int attributes) {
        return (attributes & PRODUCER) == 0 ? HEADER_BYTES : HEADER_BYTES_WITH_PRODUCER;
    }

    /** The size of a frame around records of this length: rounded up to the alignment. */
    public static long frameBytes(int headerBytes, long storedBytes) {
        return align(headerBytes + storedBytes);
    }

    public static long align(long bytes) {
        return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    }
}
