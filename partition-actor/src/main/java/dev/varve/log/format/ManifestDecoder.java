package dev.varve.log.format;

import dev.varve.log.format.Manifest.DamagedRange;
import dev.varve.log.format.Manifest.Segment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads the two copies of a manifest and tells what is wrong with each. For one use. */
final class ManifestDecoder {
    private final ByteBuffer file;
    private final List<String> problems = new ArrayList<>();
    private final List<Long> positions = new ArrayList<>();
    private boolean unknownFormat;

    ManifestDecoder(ByteBuffer file) {
        this.file = file;
    }

    Manifest.Decoded decode() {
        int middle = middle();
        Manifest first = copy(0, middle, "first");
        Manifest second = first != null && isRepeatedFrom(middle) ? first : copy(middle, file.limit(), "second");
        Manifest usable = first != null ? first : second;
        if (first != null && second != null && second != first && !first.equals(second)) {
            problems.add("the two copies of the manifest are both whole but differ");
            positions.add(0L);
            usable = null;
        }
        return new Manifest.Decoded(unknownFormat ? null : usable, problems, positions, unknownFormat);
    }

    /** Where the second copy begins: behind the first one, if that is whole, whatever length the file has. */
    private int middle() {
        int half = file.limit() / 2;
        if (file.limit() < Manifest.COPY_HEADER_BYTES) {
            return half;
        }
        long firstEnd = Manifest.COPY_HEADER_BYTES + (long) file.getInt(12);
        return firstEnd >= Manifest.COPY_HEADER_BYTES
                        && firstEnd <= file.limit()
                        && checksumProblem(0, (int) firstEnd) == null
                ? (int) firstEnd
                : half;
    }

    /** Whether the second copy is the first one byte for byte, as it should be: then there is no need to look into it. */
    private boolean isRepeatedFrom(int middle) {
        return file.slice(0, middle).equals(file.slice(middle, file.limit() - middle));
    }

    private Manifest copy(int start, int end, String which) {
        String problem = checksumProblem(start, end);
        if (problem == null && file.getInt(start + 8) != Manifest.VERSION) {
            unknownFormat = true;
            problem = "has format version " + file.getInt(start + 8)
                    + ", which is not known to this version of varve, which reads " + Manifest.VERSION;
        }
        if (problem == null && (file.getInt(start + Manifest.FLAGS_AT) & ~Manifest.REPLICATED_FLAG) != 0) {
            unknownFormat = true;
            problem = "has the flags " + Integer.toHexString(file.getInt(start + Manifest.FLAGS_AT))
                    + ", of which this version of varve knows " + Manifest.REPLICATED_FLAG;
        }
        if (problem == null) {
            problem = sizeProblem(start, end);
        }
        Manifest manifest = problem == null ? body(start, end) : null;
        if (problem == null) {
            problem = contradiction(manifest);
        }
        if (problem == null) {
            return manifest;
        }
        problems.add("the " + which + " copy of the manifest " + problem);
        positions.add((long) start);
        return null;
    }

    /** What shows that these bytes are not a copy as some version wrote it; null if they are. */
    private String checksumProblem(int start, int end) {
        int copyBytes = end - start;
        if (copyBytes < Manifest.COPY_HEADER_BYTES) {
            return "is too short: " + copyBytes + " bytes";
        }
        if (file.getLong(start) != Manifest.MAGIC) {
            return "does not begin with VARVEMAN";
        }
        int bodyBytes = file.getInt(start + 12);
        if (bodyBytes != copyBytes - Manifest.COPY_HEADER_BYTES) {
            return "says that it has " + bodyBytes + " bytes, not " + (copyBytes - Manifest.COPY_HEADER_BYTES);
        }
        if (file.getInt(start + Manifest.CRC_AT) != Manifest.crc(file, start, copyBytes)) {
            return "fails its checksum";
        }
        return null;
    }

    private String sizeProblem(int start, int end) {
        int bodyBytes = end - start - Manifest.COPY_HEADER_BYTES;
        if (bodyBytes < Manifest.FIXED_BYTES) {
            return "is too short: " + (end - start) + " bytes";
        }
        long segmentCount = file.getInt(start + Manifest.COPY_HEADER_BYTES + 44);
        long damageCount = file.getLong(start + Manifest.COPY_HEADER_BYTES + 48);
        if (segmentCount < 1
                || damageCount < 0
                || damageCount > bodyBytes
                || Manifest.FIXED_BYTES + segmentCount * Manifest.SEGMENT_BYTES + damageCount * Manifest.DAMAGE_BYTES
                        != bodyBytes) {
            return "does not hold the " + segmentCount + " segments and " + damageCount
                    + " damaged ranges it speaks of";
        }
        return null;
    }

    private Manifest body(int start, int end) {
        ByteBuffer body = file.slice(start + Manifest.COPY_HEADER_BYTES, end - start - Manifest.COPY_HEADER_BYTES);
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
        boolean replicated = (file.getInt(start + Manifest.FLAGS_AT) & Manifest.REPLICATED_FLAG) != 0;
        return new Manifest(
                logId, epoch, sequence, logStartOffset, maxFrameBytes, nextSegmentId, segments, damage, replicated);
    }

    /** What in a manifest cannot be, although its checksum is right; null if it makes sense. */
    private static String contradiction(Manifest manifest) {
        if (manifest.epoch() < 0
                || manifest.sequence() < 0
                || manifest.logStartOffset() < 0
                || manifest.maxFrameBytes() < FrameLayout.HEADER_BYTES) {
            return "contradicts itself: epoch " + manifest.epoch() + ", sequence " + manifest.sequence()
                    + ", log start offset " + manifest.logStartOffset() + ", frames of up to "
                    + manifest.maxFrameBytes() + " bytes";
        }
        Set<Long> ids = new HashSet<>();
        long leastBaseOffset = 0;
        for (Segment segment : manifest.segments()) {
            if (segment.segmentId() < 1
                    || segment.segmentId() >= manifest.nextSegmentId()
                    || !ids.add(segment.segmentId())
                    || segment.baseOffset() < leastBaseOffset
                    || segment.lastOffset() < segment.baseOffset() - 1
                    || segment.lastOffset() == Long.MAX_VALUE
                    || segment.lengthBytes() < SegmentHeader.BYTES
                    || segment.records() < 0) {
                return "contradicts itself at segment " + segment.segmentId() + ": offsets "
                        + segment.baseOffset() + " to " + segment.lastOffset() + ", " + segment.records()
                        + " records, " + segment.lengthBytes() + " bytes";
            }
            leastBaseOffset = Math.max(segment.lastOffset() + 1, segment.baseOffset() + 1);
        }
        return null;
    }
}
