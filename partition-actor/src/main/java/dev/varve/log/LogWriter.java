package dev.varve.log;

import dev.varve.log.format.Manifest;
import dev.varve.log.format.ProducerSnapshot;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LateLogger;
import dev.varve.log.io.LogFile;
import dev.varve.log.io.NoSpaceException;
import dev.varve.log.segment.ActiveSegment;
import dev.varve.log.segment.CompactedFiles;
import dev.varve.log.segment.ManifestStore;
import dev.varve.log.segment.SegmentFiles;
import dev.varve.log.segment.SegmentView;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What changes the files of a log: frames into the active segment, segments sealed and begun, segments dropped, the
 * manifest that names them. Each method either does its work or throws what the disk said and leaves the log as readers
 * knew it; what a failure means for the log is {@link Readiness}'s to decide. For one thread at a time.
 */
final class LogWriter implements Closeable {
    private static final LateLogger LOGGER = new LateLogger(LogWriter.class);

    private final Path directory;
    private final LogOptions options;
    private final Disk disk;
    private final ManifestStore manifests;
    private final SideFiles sideFiles;
    private final FrameWriter frames;
    private final long logId;
    private final int maxFrameBytes;
    private final DamageList damage;
    private final ProducerTable producers;
    private final LogEnd logEnd;
    private final RollSchedule rolls;
    private List<SegmentView> sealed;
    private ActiveSegment active;
    private long logStartOffset;
    private long nextSegmentId;
    private long durableOffset;

    /** The state that recovery found, from which a writer goes on. */
    record Start(
            long logId,
            int maxFrameBytes,
            List<SegmentView> sealed,
            ActiveSegment active,
            long logStartOffset,
            LogEnd logEnd,
            long durableOffset,
            long nextSegmentId,
            ProducerTable producers) {}

    LogWriter(Path directory, LogOptions options, Start start, DamageList damage) {
        this.directory = directory;
        this.options = options;
        this.disk = options.disk();
        this.manifests = new ManifestStore(disk, directory);
        this.sideFiles = new SideFiles(disk, directory, start.logId());
        this.frames = new FrameWriter(options, start.logId());
        this.logId = start.logId();
        this.maxFrameBytes = start.maxFrameBytes();
        this.damage = damage;
        this.rolls = new RollSchedule(options.rollPolicy(), options.clock());
        this.sealed = List.copyOf(start.sealed());
        this.active = start.active();
        this.logStartOffset = start.logStartOffset();
        this.logEnd = start.logEnd();
        this.durableOffset = start.durableOffset();
        this.nextSegmentId = start.nextSegmentId();
        this.producers = start.producers();
    }

    /** Gives batches their places behind the last frame; see {@link LogEnd#place}. */
    void place(List<StagedBatch> batches, long ownerEpoch) {
        logEnd.place(batches, ownerEpoch, options.maxBatchBytes());
    }

    /** Whether a batch, behind so many bytes that go before it, is to begin a new segment. */
    boolean mustRollBefore(long bytesAhead, StagedBatch batch) {
        return rolls.isDueBefore(active, bytesAhead, batch);
    }

    /** As {@link #isAged()}, for appends: does not ask the clock each time. */
    boolean isAged(long nowNanos) {
        return rolls.isAged(active, nowNanos);
    }

    /** Whether the active segment is to be sealed because of its age. */
    boolean isAged() {
        return rolls.isAged(active);
    }

    /** Writes batches that fit the active segment, from the buffer in which they lie in this order. */
    void write(List<StagedBatch> batches, ByteBuffer buffer) throws IOException {
        frames.write(active, batches, buffer);
        logEnd.moveBehind(batches.get(batches.size() - 1));
    }

    void sync() throws IOException {
        active.sync();
        durableOffset = logEnd.nextOffset();
    }

    /** Whether all frames are known to be on the disk. */
    boolean isSynced() {
        return active.syncedEnd() == active.end();
    }

    /** Notes down, durably, that all frames are: in a frame without records, or in the manifest if the segment is full. */
    void mark() throws IOException {
        if (frames.writeMark(active, logEnd)) {
            sync();
        } else {
            checkpoint();
        }
    }

    /** Takes back what a failed write may have left behind the last frame, durably. */
    void cutBack() throws IOException {
        active.cutBack();
        durableOffset = logEnd.nextOffset();
    }

    /** Finds out whether there is room to go on; throws {@link NoSpaceException} if not. */
    void probeRoom(long bytes) throws IOException {
        active.probeRoom(bytes, rolls.segmentBytes());
    }

    /**
     * Seals the active segment and begins a new one. The order is what makes it safe at every step: the old segment is durable before the new one exists, the new one before the manifest names it, the manifest before a frame goes into it.
     * The log ends at the new segment then, even if what was to go there finds no room.
     *
     * @param baseOffset of the new segment, the next offset or above, and above the base offset of the active one
     */
    void roll(long baseOffset) throws IOException {
        if (baseOffset <= active.baseOffset()) {
            throw new IllegalArgumentException("a segment from offset " + baseOffset
                    + " on would take the place of the one from " + active.baseOffset() + " on");
        }
        cutBack();
        SegmentView full = active.view(true);
        List<SegmentView> allSealed = new ArrayList<>(sealed);
        if (!full.isEmpty()) {
            sideFiles.writeIndex(full, active.index());
            allSealed.add(full);
        }
        ActiveSegment next = createSegment(baseOffset);
        try {
            sideFiles.writeProducers(next.baseOffset(), snapshot(next));
            manifests.write(manifest(allSealed, next));
        } catch (IOException | RuntimeException | Error e) {
            next.close();
            throw e;
        }
        active.close();
        active = next;
        sealed = List.copyOf(allSealed);
        nextSegmentId++;
        logEnd.skipTo(baseOffset);
        durableOffset = logEnd.nextOffset();
        if (full.isEmpty()) {
            removeFiles(full);
        }
    }

    private ActiveSegment createSegment(long baseOffset) throws IOException {
        SegmentHeader header = new SegmentHeader(
                logId,
                nextSegmentId,
                baseOffset,
                logEnd.epoch(),
                logEnd.sequence(),
                options.clock().wallMillis());
        try {
            return ActiveSegment.create(disk, directory, header);
        } catch (FileAlreadyExistsException e) {
            // Nothing that the manifest names: the left-over of a roll that failed half way, for want of space.
            disk.delete(SegmentFiles.log(directory, baseOffset));
            return ActiveSegment.create(disk, directory, header);
        }
    }

    /** What is remembered of producers, as of all frames of a segment that is the last one. */
    private ProducerSnapshot snapshot(ActiveSegment last) {
        return producers.snapshot(logId, last.segmentId(), last.end(), logEnd.epoch(), logEnd.sequence());
    }

    /** Notes down what is remembered of producers, as of all frames there are. */
    void noteProducers() throws IOException {
        sync();
        sideFiles.writeProducers(active.baseOffset(), snapshot(active));
        disk.syncDirectory(directory);
    }

    /**
     * Raises the log start offset and names only the segments that are still needed, durably.
     *
     * @return the segments that are not, whose files may go
     */
    List<SegmentView> dropBefore(long offset) throws IOException {
        if (offset == logEnd.nextOffset() && !active.isEmpty()) {
            rollIfThereIsRoom();
        }
        sync();
        List<SegmentView> kept = new ArrayList<>();
        List<SegmentView> dropped = new ArrayList<>();
        for (SegmentView segment : sealed) {
            (segment.lastOffset() < offset ? dropped : kept).add(segment);
        }
        long before = logStartOffset;
        logStartOffset = offset;
        try {
            writeManifestOnFullDisk(manifest(kept, active), dropped);
        } catch (IOException | RuntimeException | Error e) {
            logStartOffset = before;
            throw e;
        }
        sealed = List.copyOf(kept);
        return dropped;
    }

    /** An id for a segment that compaction writes; used by no other one, also if it never becomes part of the log. */
    long newSegmentId() {
        return nextSegmentId++;
    }

    /**
     * Names a segment, whose files wait, in the place of one that it was made from, or none if nothing stays of that, durably. All
     * frames must be synced: what is gone may have had to go because of any of them.
     *
     * @param compacted null for none
     */
    void replace(SegmentView old, SegmentView compacted) throws IOException {
        List<SegmentView> segments = new ArrayList<>();
        for (SegmentView segment : sealed) {
            if (segment.segmentId() != old.segmentId()) {
                segments.add(segment);
            } else if (compacted != null) {
                segments.add(compacted);
            }
        }
        manifests.write(manifest(segments, active));
        sealed = List.copyOf(segments);
    }

    /** Gives a segment that took the place of another one the names of its files; until then readers find them all the same. */
    void settle(SegmentView compacted) throws IOException {
        CompactedFiles.settle(disk, directory, compacted.baseOffset(), compacted.segmentId());
    }

    private void rollIfThereIsRoom() throws IOException {
        try {
            roll(logEnd.nextOffset());
        } catch (NoSpaceException e) {
            // The active segment keeps its space until the next roll.
            cutBack();
        }
    }

    /**
     * Deleting must work when the disk is full, for that is when it is wanted most: zeros written ahead make room, and so do
     * the indexes of what is to go, which are hints and may go first.
     */
    private void writeManifestOnFullDisk(Manifest manifest, List<SegmentView> dropped) throws IOException {
        try {
            manifests.write(manifest);
        } catch (NoSpaceException e) {
            cutBack();
            for (SegmentView segment : dropped) {
                sideFiles.remove(segment);
            }
            manifests.write(manifest);
        }
    }

    /** Removes the files of a segment that the manifest no longer names. What cannot be removed now is by the next open. */
    void removeFiles(SegmentView segment) {
        sideFiles.removeWithSegment(segment);
    }

    /** Notes down, durably, that all is durable: whoever opens the log next need not read it. */
    void checkpoint() throws IOException {
        sync();
        manifests.write(manifest(sealed, active));
    }

    /**
     * As {@link #checkpoint}, and leaves the active segment just as long as its frames, with its index beside it, and what is
     * remembered of producers.
     */
    void closeCleanly() throws IOException {
        cutBack();
        sideFiles.writeIndex(active.view(false), active.index());
        sideFiles.writeProducers(active.baseOffset(), snapshot(active));
        try {
            manifests.write(manifest(sealed, active));
        } catch (NoSpaceException e) {
            LOGGER.warn(
                    "No room to note that the log in {} was closed ({}); all of it is durable, the next open reads the last"
                            + " segment to find that out",
                    directory,
                    e.toString());
        }
    }

    /**
     * Cuts off a torn commit behind the last frame, having copied it to a file of its own, both durably. The copy gets its
     * name only when it is whole.
     */
    void quarantine(Path target, long to) throws IOException {
        Path temporary = target.resolveSibling(target.getFileName() + SegmentFiles.TEMPORARY);
        disk.delete(temporary);
        try (LogFile file = disk.open(temporary, Disk.OpenMode.CREATE_NEW)) {
            active.copyTo(file, active.end(), to);
            file.sync();
        } catch (NoSpaceException e) {
            // What room there is must not be taken by half a copy.
            disk.delete(temporary);
            throw e;
        }
        disk.rename(temporary, target);
        disk.syncDirectory(directory);
        cutBack();
    }

    /** The log as it is now, all of which must be synced. */
    LogImage image() throws IOException {
        return LogImage.of(disk, directory, manifest(sealed, active), snapshot(active), logEnd.nextOffset());
    }

    /** Writes what lies behind a position anew and syncs it. */
    void rewrite(long from) throws IOException {
        active.rewrite(from);
        durableOffset = logEnd.nextOffset();
    }

    private Manifest manifest(List<SegmentView> sealedSegments, ActiveSegment last) {
        List<Manifest.Segment> segments = new ArrayList<>(sealedSegments.size() + 1);
        Set<Long> ids = new HashSet<>();
        sealedSegments.forEach(segment -> segments.add(segment.entry()));
        segments.add(last.view(false).entry());
        segments.forEach(segment -> ids.add(segment.segmentId()));
        return new Manifest(
                logId,
                logEnd.epoch(),
                logEnd.sequence(),
                logStartOffset,
                maxFrameBytes,
                Math.max(nextSegmentId, last.segmentId() + 1),
                segments,
                damage.in(ids::contains),
                options.replicated());
    }

    /** The log as it is now, with all that was written visible. */
    LogView view() {
        return new LogView(sealed, active.view(false), logStartOffset, logEnd.nextOffset(), durableOffset);
    }

    long logId() {
        return logId;
    }

    int maxFrameBytes() {
        return maxFrameBytes;
    }

    /** What the log remembers of its producers; whoever makes batches visible adds them to it. */
    ProducerTable producers() {
        return producers;
    }

    long nextOffset() {
        return logEnd.nextOffset();
    }

    /** Whether the active segment holds no records, nor ever did. */
    boolean isActiveEmpty() {
        return active.isEmpty();
    }

    long epoch() {
        return logEnd.epoch();
    }

    long sequence() {
        return logEnd.sequence();
    }

    @Override
    public void close() throws IOException {
        active.close();
    }
}
