package dev.varve.log.format;

/**
 * The fixed fields of a frame: all that is known of a record batch without looking at its records. docs/FORMAT.md has
 * the bytes.
 *
 * @param frameBytes the size of the whole frame in its file, a multiple of 8
 * @param attributes the attribute bits, see {@link FrameLayout}
 * @param epoch the epoch of the owner that wrote it (the Raft term of a replicated log)
 * @param sequence increases strictly from frame to frame (the Raft index of a replicated log)
 * @param baseOffset the offset of the first record; of a mark, which has no records, the next offset of the log
 * @param recordCount how many records; 0 for a mark
 * @param lastOffsetDelta the offset of the last record less the base offset; -1 for a mark
 * @param minTimestamp the least timestamp of its records
 * @param maxTimestamp the greatest timestamp of its records
 * @param storedBytes the length of the records as stored
 * @param uncompressedBytes the length of the records before compression
 * @param durableMark the position in this segment up to which all was known to be synced when the frame was written
 * @param maxTimestampBefore the greatest timestamp of all records before this frame in its segment; {@link Long#MIN_VALUE} if
 *     there are none. What the time index says is checked against it
 * @param producer who sent it, or null
 */
public record FrameHeader(
        int frameBytes,
        int attributes,
        long epoch,
        long sequence,
        long baseOffset,
        int recordCount,
        int lastOffsetDelta,
        long minTimestamp,
        long maxTimestamp,
        int storedBytes,
        int uncompressedBytes,
        long durableMark,
        long maxTimestampBefore,
        Producer producer) {

    /**
     * The producer of a batch, for telling its repetitions. A producer numbers its records; behind {@link Integer#MAX_VALUE}
     * the numbers begin again at 0. The record at offset delta {@code d} of a batch has the number {@code firstSequence + d}, so
     * a batch keeps its numbers when compaction takes records out of it.
     *
     * @param id the id that the producer was given, 0 or more
     * @param epoch grows when the producer is fenced, 0 to 32767
     * @param firstSequence the producer's number for the first record, 0 or more
     */
    public record Producer(long id, short epoch, int firstSequence) {

        /** The number behind those of a batch that begins with this one. */
        public int nextSequence(int lastOffsetDelta) {
            return (firstSequence + lastOffsetDelta + 1) & Integer.MAX_VALUE;
        }
    }

    /** The offset of the last record; of a mark, the one below its base offset. */
    public long lastOffset() {
        return baseOffset + lastOffsetDelta;
    }

    /** The offset behind this frame. */
    public long nextOffset() {
        return baseOffset + lastOffsetDelta + 1;
    }

    /** Whether this is a durable mark: a frame without records that takes no offset. */
    public boolean isMark() {
        return recordCount == 0;
    }

    /** Whether the records are the log's own, which readers skip. */
    public boolean isControl() {
        return (attributes & FrameLayout.CONTROL) != 0;
    }

    /** Whether compaction took records out of the batch: its fixed fields still say how far it reached. */
    public boolean isThinned() {
        return (attributes & FrameLayout.THINNED) != 0;
    }

    /** How the records are compressed: the code of a {@link Compression}, or of one that a later version knows. */
    public int codec() {
        return attributes & FrameLayout.CODEC_MASK;
    }

    /** How the records are compressed, in a word. */
    public String codecName() {
        Compression compression = Compression.of(codec());
        return compression == null ? "unknown" : compression.toString();
    }

    /** Where the records begin, from the start of the frame. */
    public int bodyStart() {
        return FrameLayout.headerBytes(attributes);
    }

    /** The size that the frame would have if its records were not compressed: what it takes in the memory of whoever reads it. */
    public long inflatedBytes() {
        return FrameLayout.frameBytes(bodyStart(), uncompressedBytes());
    }
}
