package dev.varve.log;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.Manifest;
import dev.varve.log.format.ProducerSnapshot;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LateLogger;
import dev.varve.log.io.LogFile;
import dev.varve.log.segment.CompactedFiles;
import dev.varve.log.segment.ForeignSegmentException;
import dev.varve.log.segment.HeaderScanner;
import dev.varve.log.segment.ProducerStore;
import dev.varve.log.segment.SegmentFiles;
import dev.varve.log.segment.SegmentScanner.Expectation;
import dev.varve.log.segment.SegmentView;
import dev.varve.log.segment.UnreadableException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Finds out, when a log is opened, what it is to remember of its producers. After a clean close the snapshot beside the active
 * segment says it; after a crash that and the frames behind it, which the scan of the tail shows anyway. Where that snapshot is
 * missing, damaged, or not of this log as it is, the newest earlier one that can be used does, with the fixed fields of all frames
 * since; where there is none, those of all frames of the log. Reads only, and never refuses.
 */
final class ProducerRecovery {
    private static final LateLogger LOGGER = new LateLogger(ProducerRecovery.class);

    /** The segment that a log begins with: before it there is nothing to remember. */
    private static final long FIRST_SEGMENT_ID = 1;

    private final Path directory;
    private final LogOptions options;
    private final Disk disk;
    private final Manifest manifest;
    private final HeaderScanner scanner;
    private final ProducerStore store;
    private boolean isStale;
    private long activeBytesRead;

    ProducerRecovery(Path directory, LogOptions options, Manifest manifest, int maxFrameBytes) {
        this.directory = directory;
        this.options = options;
        this.disk = options.disk();
        this.manifest = manifest;
        this.scanner = new HeaderScanner(new FrameCodec(manifest.logId()), maxFrameBytes);
        this.store = new ProducerStore(disk, directory);
    }

    /** What is remembered by a log whose active segment ends where the manifest says. */
    ProducerTable afterCleanClose() throws IOException {
        ProducerSnapshot snapshot = read(manifest.active());
        return snapshot != null && snapshot.isAt(manifest.active().lengthBytes(), manifest.epoch(), manifest.sequence())
                ? new ProducerTable(options, snapshot)
                : rebuild(manifest.active().lengthBytes());
    }

    /**
     * What is to be told of the frames that a scan of the active segment meets.
     *
     * @param before what came before the first of them, as the header of the segment says
     */
    ProducerReplay beforeScan(Expectation before) throws IOException {
        ProducerReplay replay = begin(manifest.active());
        replay.knows(SegmentHeader.BYTES, before.epoch(), before.sequence());
        replay.knows(manifest.active().lengthBytes(), manifest.epoch(), manifest.sequence());
        return replay;
    }

    /** What is remembered by a log whose active segment was scanned. */
    ProducerTable afterScan(ProducerReplay replay, TailScan.Result tail) throws IOException {
        long end = tail.view().lengthBytes();
        // It was told of frames behind a torn commit too, and not of damaged ones whose fixed fields are right.
        return replay.isProven() && replay.end() <= end && tail.damaged().isEmpty() ? replay.table() : rebuild(end);
    }

    /** Goes back to the newest snapshot that can be used, and on from there. */
    private ProducerTable rebuild(long activeEnd) throws IOException {
        int active = manifest.segments().size() - 1;
        for (int i = active; i >= 0; i--) {
            ProducerReplay replay = begin(manifest.segments().get(i));
            if (replay.isPromising() && replay(replay, i, activeEnd)) {
                isStale = i < active;
                if (isStale) {
                    LOGGER.warn(
                            "What the log in {} remembers of its producers was found again by reading its frames from {} on",
                            directory,
                            SegmentFiles.log(manifest.segments().get(i).baseOffset()));
                }
                return replay.table();
            }
        }
        LOGGER.warn(
                "What the log in {} remembers of its producers is lost, and was found again by reading all of its frames."
                        + " Producers whose batches are all deleted are forgotten: they are refused until they begin anew",
                directory);
        isStale = true;
        ProducerReplay replay = ProducerReplay.fromNothing(options, true);
        replay(replay, 0, activeEnd);
        return replay.table();
    }

    /** Shows a replay the log from a segment on; false, and no more than that segment, if that proves it wrong. */
    private boolean replay(ProducerReplay replay, int first, long activeEnd) throws IOException {
        List<Manifest.Segment> segments = manifest.segments();
        Path path = SegmentFiles.log(directory, segments.get(first).baseOffset());
        if (DirectoryScan.readHeader(disk, path) instanceof SegmentHeader.Decoded.Ok ok) {
            replay.knows(SegmentHeader.BYTES, ok.header().epoch(), ok.header().sequence());
        }
        for (int i = first; i < segments.size(); i++) {
            scan(
                    segments.get(i),
                    segments.get(i) == manifest.active()
                            ? activeEnd
                            : segments.get(i).lengthBytes(),
                    replay);
            if (!replay.isProven()) {
                return false;
            }
            replay.nextSegment();
        }
        return true;
    }

    /** What the operating system cannot read, or this version not understand, no reader of the log is given either. */
    private void scan(Manifest.Segment segment, long end, ProducerReplay replay) throws IOException {
        SegmentView view = SegmentView.of(directory, segment, false).withLengthBytes(end);
        try (LogFile file = CompactedFiles.open(disk, manifest.logId(), view.file(), view.segmentId())) {
            try {
                scanner.scan(file, view, replay::frame);
            } catch (IOException e) {
                LOGGER.warn("Batches of producers in {} cannot be told: {}", view.file(), e.toString());
            }
        } catch (ForeignSegmentException | UnreadableException e) {
            LOGGER.warn("Batches of producers in {} cannot be told: {}", view.file(), e.toString());
        }
        if (segment == manifest.active()) {
            activeBytesRead = end - SegmentHeader.BYTES;
        }
    }

    /** A replay from the start of a segment on, with what the snapshot beside it says. */
    private ProducerReplay begin(Manifest.Segment segment) throws IOException {
        ProducerSnapshot snapshot = read(segment);
        return snapshot == null
                ? ProducerReplay.fromNothing(options, segment.segmentId() == FIRST_SEGMENT_ID)
                : ProducerReplay.from(snapshot, options);
    }

    private ProducerSnapshot read(Manifest.Segment segment) throws IOException {
        ProducerSnapshot.Decoded decoded = store.read(segment.baseOffset());
        if (decoded == null) {
            return null;
        }
        Path path = SegmentFiles.producers(directory, segment.baseOffset());
        for (String problem : decoded.problems()) {
            LOGGER.warn("{}: {}", path, problem);
        }
        ProducerSnapshot snapshot = decoded.snapshot();
        if (snapshot != null && (snapshot.logId() != manifest.logId() || snapshot.segmentId() != segment.segmentId())) {
            LOGGER.warn("{} belongs to another segment and is not used", path);
            return null;
        }
        return snapshot;
    }

    /** Whether the snapshot beside the active segment should be written anew. */
    boolean isStale() {
        return isStale;
    }

    /** How much of the active segment was read besides the scan of the tail. */
    long activeBytesRead() {
        return activeBytesRead;
    }
}
