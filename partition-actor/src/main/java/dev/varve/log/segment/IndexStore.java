package dev.varve.log.segment;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.IndexFile;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The indexes of the segments of a log: read from their files when a reader first asks, built anew from the segment when the
 * files are missing or wrong, and kept in memory up to a bound. Any thread.
 */
public final class IndexStore {
    private static final Logger LOGGER = LoggerFactory.getLogger(IndexStore.class);

    private final Disk disk;
    private final long logId;
    private final int maxFrameBytes;
    private final long maxMemoryBytes;
    private final Map<Long, Kept> bySegment = new LinkedHashMap<>(16, 0.75f, true);
    /** For each index that is being built a lock, so that it is built once, however many ask for it. */
    private final Map<Long, Object> building = new ConcurrentHashMap<>();

    private long memoryBytes;

    /** An index, and how much of the segment it was made from: of a segment that grew since, it knows only the beginning. */
    private record Kept(SegmentIndex index, long coveredBytes) {}

    public IndexStore(Disk disk, long logId, int maxFrameBytes, long maxMemoryBytes) {
        this.disk = disk;
        this.logId = logId;
        this.maxFrameBytes = maxFrameBytes;
        this.maxMemoryBytes = maxMemoryBytes;
    }

    /** The index of a segment whose file is open; at hand, from its files, or built by reading the segment once. */
    public SegmentIndex get(SegmentView segment, LogFile file) throws IOException {
        if (segment.liveIndex() != null) {
            return segment.liveIndex();
        }
        SegmentIndex known = known(segment);
        if (known != null) {
            return known;
        }
        Object turn = building.computeIfAbsent(segment.segmentId(), any -> new Object());
        synchronized (turn) {
            try {
                known = known(segment);
                return known != null ? known : keep(segment, loadOrBuild(segment, file));
            } finally {
                building.remove(segment.segmentId(), turn);
            }
        }
    }

    private synchronized SegmentIndex known(SegmentView segment) {
        Kept kept = bySegment.get(segment.segmentId());
        return kept != null && kept.coveredBytes() == segment.lengthBytes() ? kept.index() : null;
    }

    private SegmentIndex loadOrBuild(SegmentView segment, LogFile file) throws IOException {
        SegmentIndex index = load(segment);
        return index != null ? index : build(segment, file);
    }

    /** Builds an index anew although there is one, because that one was found to disagree with the segment. */
    public SegmentIndex rebuild(SegmentView segment, LogFile file) throws IOException {
        SegmentIndex index = build(segment, file);
        if (segment.liveIndex() != null) {
            segment.liveIndex().correct(index, segment.lengthBytes());
            return segment.liveIndex();
        }
        return keep(segment, index);
    }

    public synchronized void forget(long segmentId) {
        Kept kept = bySegment.remove(segmentId);
        if (kept != null) {
            memoryBytes -= kept.index().memoryBytes();
        }
    }

    private synchronized SegmentIndex keep(SegmentView segment, SegmentIndex index) {
        forget(segment.segmentId());
        bySegment.put(segment.segmentId(), new Kept(index, segment.lengthBytes()));
        memoryBytes += index.memoryBytes();
        Iterator<Kept> eldestFirst = bySegment.values().iterator();
        // The newest one stays in any case: it is about to be used.
        while (memoryBytes > maxMemoryBytes && bySegment.size() > 1) {
            memoryBytes -= eldestFirst.next().index().memoryBytes();
            eldestFirst.remove();
        }
        return index;
    }

    /** The index in the files of a segment, or null if they do not cover exactly this much of it or cannot be read. */
    public SegmentIndex load(SegmentView segment) {
        Path directory = segment.file().getParent();
        OffsetIndex offsets = loadOffsets(directory, segment);
        TimeIndex times = loadTimes(directory, segment);
        return offsets == null || times == null ? null : SegmentIndex.loaded(offsets, times);
    }

    private OffsetIndex loadOffsets(Path directory, SegmentView segment) {
        IndexFile file =
                read(IndexFile.Kind.OFFSET, SegmentFiles.offsetIndex(directory, segment.baseOffset()), segment);
        return file == null ? null : OffsetIndex.of(segment, file);
    }

    private TimeIndex loadTimes(Path directory, SegmentView segment) {
        IndexFile file = read(IndexFile.Kind.TIME, SegmentFiles.timeIndex(directory, segment.baseOffset()), segment);
        return file == null ? null : TimeIndex.of(segment, file);
    }

    private IndexFile read(IndexFile.Kind kind, Path path, SegmentView segment) {
        byte[] bytes;
        try {
            bytes = SmallFiles.readIfThere(disk, path, maxIndexBytes(kind, segment.lengthBytes()));
        } catch (IOException e) {
            LOGGER.warn("{} cannot be read ({}); the index is made anew from the segment", path, e.toString());
            return null;
        }
        if (bytes == null) {
            return null;
        }
        IndexFile file = IndexFile.decode(kind, ByteBuffer.wrap(bytes));
        boolean fits = file != null
                && file.logId() == logId
                && file.segmentId() == segment.segmentId()
                && file.coveredBytes() == segment.lengthBytes();
        return fits ? file : null;
    }

    /** No index of a segment is larger than this, so a larger file is none and need not be read. */
    private static int maxIndexBytes(IndexFile.Kind kind, long segmentBytes) {
        long entries = segmentBytes / SegmentIndex.INTERVAL_BYTES + 1;
        return Math.toIntExact(IndexFile.HEADER_BYTES + entries * kind.entryBytes());
    }

    /**
     * What is wrong with the index files of a segment, in words. A file that is missing or was made from less of the segment
     * is not wrong: readers make it anew.
     *
     * @param segment as it is, with the index that its frames give
     */
    public static List<String> problems(Disk disk, long logId, SegmentView segment) throws IOException {
        List<String> problems = new ArrayList<>();
        Path directory = segment.file().getParent();
        for (IndexFile.Kind kind : IndexFile.Kind.values()) {
            Path path = kind == IndexFile.Kind.OFFSET
                    ? SegmentFiles.offsetIndex(directory, segment.baseOffset())
                    : SegmentFiles.timeIndex(directory, segment.baseOffset());
            // Made from another state of the segment it may be larger than the segment as it is, but not without bound.
            byte[] bytes = SmallFiles.readIfThere(disk, path, maxIndexBytes(kind, Integer.MAX_VALUE));
            if (bytes == null) {
                continue;
            }
            IndexFile found = IndexFile.decode(kind, ByteBuffer.wrap(bytes));
            if (found == null) {
                problems.add(path.getFileName() + " is damaged or of another version; readers make it anew");
            } else if (found.logId() != logId || found.segmentId() != segment.segmentId()) {
                problems.add(path.getFileName() + " belongs to another segment; readers make it anew");
            } else if (found.coveredBytes() == segment.lengthBytes()
                    && !found.entries().equals(entries(kind, segment))) {
                problems.add(path.getFileName() + " contradicts the segment; readers make it anew");
            }
        }
        return problems;
    }

    private static ByteBuffer entries(IndexFile.Kind kind, SegmentView segment) {
        SegmentIndex index = segment.liveIndex();
        return kind == IndexFile.Kind.OFFSET
                ? index.offsets().toFile(0, 0, 0).entries()
                : index.times().toFile(0, 0, 0).entries();
    }

    private SegmentIndex build(SegmentView segment, LogFile file) throws IOException {
        SegmentIndex index = new SegmentIndex(segment.baseOffset());
        new SegmentScanner(new FrameCodec(logId), maxFrameBytes)
                .scan(
                        file,
                        segment.segmentId(),
                        SegmentHeader.BYTES,
                        segment.lengthBytes(),
                        SegmentScanner.Expectation.NONE,
                        new SegmentScanner.Visitor() {
                            @Override
                            public boolean frame(FrameHeader header, long position, ByteBuffer buffer, int at) {
                                index.add(header, position);
                                return true;
                            }

                            @Override
                            public boolean bad(long position, long end, FrameHeader header, String reason) {
                                return true;
                            }
                        });
        return index;
    }

    /** Writes the index files of a segment. What cannot be written is built anew when it is asked for. */
    public static void write(Disk disk, long logId, SegmentView segment, SegmentIndex index) throws IOException {
        write(disk, logId, segment, index, UnaryOperator.identity());
    }

    /** As above, for a segment that waits to take the place of another one. */
    public static void writeCompacted(Disk disk, long logId, SegmentView segment, SegmentIndex index)
            throws IOException {
        write(disk, logId, segment, index, path -> CompactedFiles.path(path, segment.segmentId()));
    }

    private static void write(
            Disk disk, long logId, SegmentView segment, SegmentIndex index, UnaryOperator<Path> naming)
            throws IOException {
        Path directory = segment.file().getParent();
        SmallFiles.replace(
                disk,
                naming.apply(SegmentFiles.offsetIndex(directory, segment.baseOffset())),
                index.offsets()
                        .toFile(logId, segment.segmentId(), segment.lengthBytes())
                        .encode());
        SmallFiles.replace(
                disk,
                naming.apply(SegmentFiles.timeIndex(directory, segment.baseOffset())),
                index.times()
                        .toFile(logId, segment.segmentId(), segment.lengthBytes())
                        .encode());
    }
}
