package dev.varve.log.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What a log consists of. Kept in one small file that holds it twice, so that a damaged copy costs nothing, and that is
 * replaced as a whole. docs/FORMAT.md has the bytes.
 *
 * @param logId seeds every checksum of the log
 * @param epoch the greatest epoch of a frame up to the durable offset
 * @param sequence the greatest sequence of a frame up to the durable offset
 * @param logStartOffset the least offset that can be read
 * @param maxFrameBytes the greatest size that a frame of this log ever could have
 * @param nextSegmentId greater than the id of any segment that the log ever had
 * @param segments in order of their base offsets; the last one is the active one, all others are sealed
 * @param damage what is known to be damaged
 * @param replicated whether the log is written by the replication of a cluster, and by nobody else
 */
public record Manifest(
        long logId,
        long epoch,
        long sequence,
        long logStartOffset,
        int maxFrameBytes,
        long nextSegmentId,
        List<Segment> segments,
        List<DamagedRange> damage,
        boolean replicated) {

    public static final int VERSION = 1;

    /** What lies in the place of the manifest while a repair writes the log. */
    private static final String UNFINISHED = "This log is being written by varve repair, and is not whole.\n";

    private static final String UNFINISHED_PROBLEM =
            "a repair that was to write this log did not come to its end, and what is"
                    + " here is not whole; delete the directory, and repair the damaged log again";

    /** "VARVEMAN". */
    static final long MAGIC = 0x56415256454D414EL;

    static final int CRC_AT = 16;
    static final int FLAGS_AT = 20;
    static final int REPLICATED_FLAG = 1;
    static final int COPY_HEADER_BYTES = 24;
    static final int FIXED_BYTES = 6 * Long.BYTES + 2 * Integer.BYTES;
    static final int SEGMENT_BYTES = 8 * Long.BYTES;
    static final int DAMAGE_BYTES = 4 * Long.BYTES;

    /**
     * A segment. Of the active one the manifest tells what was durable when it was written: if the file is just as long,
     * it was closed cleanly and nothing needs to be read.
     *
     * @param segmentId as in its header
     * @param baseOffset as in its header and its name
     * @param lengthBytes its length up to its last frame
     * @param lastOffset the greatest offset in it; {@code baseOffset - 1} if it is empty
     * @param records how many records it holds
     * @param minTimestamp the least timestamp in it; {@link Long#MAX_VALUE} if it is empty
     * @param maxTimestamp the greatest timestamp in it; {@link Long#MIN_VALUE} if it is empty
     * @param createdMillis as in its header
     */
    public record Segment(
            long segmentId,
            long baseOffset,
            long lengthBytes,
            long lastOffset,
            long records,
            long minTimestamp,
            long maxTimestamp,
            long createdMillis) {}

    /** Bytes of a segment that are known to be damaged, and the offsets that may be lost with them. */
    public record DamagedRange(long segmentId, long position, long firstOffset, long lastOffset) {}

    public Manifest {
        segments = List.copyOf(segments);
        damage = List.copyOf(damage);
        if (segments.isEmpty()) {
            throw new IllegalArgumentException("a log has at least one segment");
        }
    }

    /** A manifest of a log that is not replicated. */
    public Manifest(
            long logId,
            long epoch,
            long sequence,
            long logStartOffset,
            int maxFrameBytes,
            long nextSegmentId,
            List<Segment> segments,
            List<DamagedRange> damage) {
        this(logId, epoch, sequence, logStartOffset, maxFrameBytes, nextSegmentId, segments, damage, false);
    }

    /** The active segment. */
    public Segment active() {
        return segments.get(segments.size() - 1);
    }

    /** The offset behind the last one that was durable when this was written. */
    public long durableOffset() {
        return active().lastOffset() + 1;
    }

    /** The bytes of the manifest file: both copies. */
    public ByteBuffer encode() {
        int bodyBytes = FIXED_BYTES + segments.size() * SEGMENT_BYTES + damage.size() * DAMAGE_BYTES;
        int copyBytes = COPY_HEADER_BYTES + bodyBytes;
        ByteBuffer buffer = ByteBuffer.allocate(2 * copyBytes);
        for (int copy = 0; copy < 2; copy++) {
            int start = buffer.position();
            buffer.putLong(MAGIC).putInt(VERSION).putInt(bodyBytes).putInt(0).putInt(replicated ? REPLICATED_FLAG : 0);
            buffer.putLong(logId)
                    .putLong(epoch)
                    .putLong(sequence)
                    .putLong(logStartOffset)
                    .putLong(nextSegmentId)
                    .putInt(maxFrameBytes)
                    .putInt(segments.size())
                    .putLong(damage.size());
            for (Segment segment : segments) {
                buffer.putLong(segment.segmentId)
                        .putLong(segment.baseOffset)
                        .putLong(segment.lengthBytes)
                        .putLong(segment.lastOffset)
                        .putLong(segment.records)
                        .putLong(segment.minTimestamp)
                        .putLong(segment.maxTimestamp)
                        .putLong(segment.createdMillis);
            }
            for (DamagedRange range : damage) {
                buffer.putLong(range.segmentId)
                        .putLong(range.position)
                        .putLong(range.firstOffset)
                        .putLong(range.lastOffset);
            }
            buffer.putInt(start + CRC_AT, crc(buffer, start, copyBytes));
        }
        return buffer.flip();
    }

    /**
     * What a manifest file holds.
     *
     * @param manifest null if it cannot be used
     * @param problems a sentence for each thing that is wrong, even where the other copy makes up for it
     * @param positions where in the file each problem lies
     * @param unknownFormat whether a copy is whole, but in a format that this version does not know
     */
    public record Decoded(Manifest manifest, List<String> problems, List<Long> positions, boolean unknownFormat) {

        /** Why it cannot be used, and what to do about that. */
        public String refusal() {
            return problems.equals(List.of(UNFINISHED_PROBLEM))
                    ? UNFINISHED_PROBLEM
                    : String.join("; ", problems)
                            + (unknownFormat
                                    ? FrameCodec.LATER_VERSION
                                    : ". Restore it from a copy, or copy what is good with varve repair");
        }
    }

    /** The bytes that lie in the place of the manifest until all of the log that a repair writes is there: nobody opens that. */
    public static ByteBuffer unfinished() {
        return ByteBuffer.wrap(UNFINISHED.getBytes(StandardCharsets.US_ASCII));
    }

    /** Reads the bytes of a manifest file, from index 0 to the limit of the buffer. */
    public static Decoded decode(ByteBuffer file) {
        if (file.equals(unfinished())) {
            return new Decoded(null, List.of(UNFINISHED_PROBLEM), List.of(0L), false);
        }
        return new ManifestDecoder(file).decode();
    }

    /** The checksum of a copy: over all of it but the checksum itself. */
    static int crc(ByteBuffer file, int start, int copyBytes) {
        return new Crc()
                .start(0)
                .add(file, start, start + CRC_AT)
                .add(file, start + CRC_AT + Integer.BYTES, start + copyBytes)
                .value();
    }
}
