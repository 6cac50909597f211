package dev.varve.log.format;

import java.nio.ByteBuffer;
import java.util.ArrayList;
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
 */
public record Manifest(
        long logId,
        long epoch,
        long sequence,
        long logStartOffset,
        int maxFrameBytes,
        long nextSegmentId,
        List<Segment> segments,
        List<DamagedRange> damage) {

    public static final int VERSION = 1;

    /** "VARVEMAN". */
    private static final long MAGIC = 0x56415256454D414EL;

    private static final int COPY_HEADER_BYTES = 24;
    private static final int FIXED_BYTES = 6 * Long.BYTES + 2 * Integer.BYTES;
    private static final int SEGMENT_BYTES = 8 * Long.BYTES;
    private static final int DAMAGE_BYTES = 4 * Long.BYTES;

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
            buffer.putLong(MAGIC).putInt(VERSION).putInt(bodyBytes).putInt(0).putInt(0);
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
            buffer.putInt(start + 16, crc(buffer, start, copyBytes));
        }
        return buffer.flip();
    }

    /**
     * What a manifest file holds.
     *
     * @param manifest null if neither copy can be used
     * @param problems a sentence for each thing that is wrong, even where the other copy makes up for it
     * @param positions where in the file each problem lies
     */
    public record Decoded(Manifest manifest, List<String> problems, List<Long> positions) {}

    /** Reads the bytes of a manifest file, from index 0 to the limit of the buffer. */
    public static Decoded decode(ByteBuffer file) {
        List<String> problems = new ArrayList<>();
        List<Long> positions = new ArrayList<>();
        int half = file.limit() / 2;
        Manifest first = decodeCopy(file, 0, half, "first", problems, positions);
        Manifest second = decodeCopy(file, half, file.limit(), "second", problems, positions);
        if (first != null && second != null && !first.equals(second)) {
            problems.add("the two copies of the manifest are both whole but differ");
            positions.add(0L);
            return new Decoded(null, problems, positions);
        }
        return new Decoded(first != null ? first : second, problems, positions);
    }

    private static Manifest decodeCopy(
            ByteBuffer file, int start, int end, String which, List<String> problems, List<Long> positions) {
        String problem = problem(file, start, end);
        if (problem != null) {
            problems.add("the " + which + " copy of the manifest " + problem);
            positions.add((long) start);
            return null;
        }
        ByteBuffer body = file.slice(start + COPY_HEADER_BYTES, end - start - COPY_HEADER_BYTES);
        long logId = body.getLong();
        long epoch = body.getLong();
        long sequence = body.getLong();
        long logStartOffset = body.getLong();
        long nextSegmentId = body.getLong();
        int maxFrameBytes = body.getInt();
        int segmentCount = body.getInt();
        long damageCount = body.getLong();
        List<Segment> segments = new ArrayList<>(segmentCount);
        for (int i = 0; i < segmentCount; i++) {
            segments.add(new Segment(
                    body.getLong(),
                    body.getLong(),
                    body.getLong(),
                    body.getLong(),
                    body.getLong(),
                    body.getLong(),
                    body.getLong(),
                    body.getLong()));
        }
        List<DamagedRange> damage = new ArrayList<>((int) damageCount);
        for (int i = 0; i < damageCount; i++) {
            damage.add(new DamagedRange(body.getLong(), body.getLong(), body.getLong(), body.getLong()));
        }
        return new Manifest(logId, epoch, sequence, logStartOffset, maxFrameBytes, nextSegmentId, segments, damage);
    }

    private static String problem(ByteBuffer file, int start, int end) {
        int copyBytes = end - start;
        if (copyBytes < COPY_HEADER_BYTES + FIXED_BYTES + SEGMENT_BYTES) {
            return "is too short: " + copyBytes + " bytes";
        }
        if (file.getLong(start) != MAGIC) {
            return "does not begin with VARVEMAN";
        }
        if (file.getInt(start + 12) != copyBytes - COPY_HEADER_BYTES) {
            return "says that it has " + file.getInt(start + 12) + " bytes, not " + (copyBytes - COPY_HEADER_BYTES);
        }
        if (file.getInt(start + 16) != crc(file, start, copyBytes)) {
            return "fails its checksum";
        }
        int version = file.getInt(start + 8);
        if (version != VERSION) {
            return "has format version " + version + ", which is not known to this version of varve, which reads "
                    + VERSION;
        }
        long segmentCount = file.getInt(start + COPY_HEADER_BYTES + 44);
        long damageCount = file.getLong(start + COPY_HEADER_BYTES + 48);
        if (segmentCount < 1
                || damageCount < 0
                || damageCount > copyBytes
                || FIXED_BYTES + segmentCount * SEGMENT_BYTES + damageCount * DAMAGE_BYTES
                        != copyBytes - COPY_HEADER_BYTES) {
            return "does not hold the " + segmentCount + " segments and " + damageCount
                    + " damaged ranges it speaks of";
        }
        return null;
    }

    private static int crc(ByteBuffer file, int start, int copyBytes) {
        return new Crc()
                .start(0)
                .add(file, start, start + 16)
                .add(file, start + 20, start + copyBytes)
                .value();
    }
}
