package dev.varve.log;

import dev.varve.log.format.ProducerSnapshot;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LateLogger;
import dev.varve.log.segment.CompactedFiles;
import dev.varve.log.segment.IndexStore;
import dev.varve.log.segment.ProducerStore;
import dev.varve.log.segment.SegmentFiles;
import dev.varve.log.segment.SegmentIndex;
import dev.varve.log.segment.SegmentView;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The files beside the segments of a log: their indexes, their tables of keys, and what was remembered of producers. They spare who opens or
 * reads the log some work, and the log is whole without them; so that one cannot be written is no reason for anything to fail.
 */
final class SideFiles {
    private static final LateLogger LOGGER = new LateLogger(SideFiles.class);

    private final Disk disk;
    private final Path directory;
    private final long logId;

    SideFiles(Disk disk, Path directory, long logId) {
        this.disk = disk;
        this.directory = directory;
        this.logId = logId;
    }

    /** An index that cannot be written will be built anew. */
    void writeIndex(SegmentView segment, SegmentIndex index) {
        try {
            IndexStore.write(disk, logId, segment, index);
        } catch (IOException e) {
            LOGGER.warn(
                    "The index of {} could not be written ({}); it will be built anew when it is needed",
                    segment.file(),
                    e.toString());
        }
    }

    /** Whoever opens the log finds it out by reading, if this cannot be written. */
    void writeProducers(long baseOffset, ProducerSnapshot snapshot) {
        try {
            new ProducerStore(disk, directory).write(baseOffset, snapshot);
        } catch (IOException e) {
            LOGGER.warn(
                    "What is remembered of producers could not be written beside {} ({}); the next open reads the frames"
                            + " behind the last time that it could",
                    SegmentFiles.log(directory, baseOffset),
                    e.toString());
        }
    }

    /** Removes what lies beside a segment, but not the segment. */
    void remove(SegmentView segment) throws IOException {
        disk.delete(SegmentFiles.offsetIndex(directory, segment.baseOffset()));
        disk.delete(SegmentFiles.timeIndex(directory, segment.baseOffset()));
        disk.delete(SegmentFiles.keys(directory, segment.baseOffset()));
        // What was remembered at the start of a later segment is all that the next open asks for.
        disk.delete(SegmentFiles.producers(directory, segment.baseOffset()));
    }

    /**
     * Removes a segment that the manifest no longer names, and what lies beside it first, the log itself under a last name. What cannot be
     * removed now is by the next open.
     */
    void removeWithSegment(SegmentView segment) {
        try {
            remove(segment);
            CompactedFiles.delete(disk, directory, segment.baseOffset(), segment.segmentId());
            Path last = segment.file().resolveSibling(segment.file().getFileName() + SegmentFiles.DELETED);
            disk.rename(segment.file(), last);
            disk.delete(last);
        } catch (IOException e) {
            LOGGER.warn("{} is deleted, but its files could not be removed: {}", segment.file(), e.toString());
        }
    }
}
