package dev.varve.log;

import dev.varve.log.format.IndexFile;
import dev.varve.log.format.ProducerEntry;
import dev.varve.log.format.ProducerSnapshot;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import dev.varve.log.segment.IndexStore;
import dev.varve.log.segment.ProducerStore;
import dev.varve.log.segment.SegmentFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * What in a damaged directory tells which segment a file is: its header, and the note of producers and the index that lie beside it. What
 * cannot be read tells nothing, and is no reason to stop.
 */
final class SegmentEvidence {
    private final Disk disk;
    private final Path directory;
    private final Consumer<String> notes;

    /** @param notes is told what could not be read */
    SegmentEvidence(Disk disk, Path directory, Consumer<String> notes) {
        this.disk = disk;
        this.directory = directory;
        this.notes = notes;
    }

    /** What a file says of itself. */
    SegmentHeader.Decoded header(Path path) {
        try (LogFile file = disk.open(path, Disk.OpenMode.READ)) {
            ByteBuffer bytes = ByteBuffer.allocate(SegmentHeader.BYTES);
            file.read(bytes, 0);
            return SegmentHeader.decode(bytes.flip());
        } catch (IOException e) {
            return new SegmentHeader.Decoded.Bad("the segment header cannot be read: " + e);
        }
    }

    /** What lies beside a segment and tells which one that is; null if nothing does. */
    private ProducerSnapshot note(long baseOffset) {
        try {
            ProducerSnapshot.Decoded decoded = new ProducerStore(disk, directory).read(baseOffset);
            return decoded == null ? null : decoded.snapshot();
        } catch (IOException e) {
            notes.accept("the note of producers beside " + SegmentFiles.log(baseOffset) + " cannot be read: " + e);
            return null;
        }
    }

    /** Which segment something is. */
    record Identity(long logId, long segmentId) {}

    /** Which segment lies beside a note of producers or an index; null if neither is whole. */
    Identity beside(long baseOffset) {
        ProducerSnapshot note = note(baseOffset);
        if (note != null) {
            return new Identity(note.logId(), note.segmentId());
        }
        try {
            IndexFile index = IndexStore.offsets(disk, directory, baseOffset);
            return index == null ? null : new Identity(index.logId(), index.segmentId());
        } catch (IOException e) {
            notes.accept("the index beside " + SegmentFiles.log(baseOffset) + " cannot be read: " + e);
            return null;
        }
    }

    /** How far a log went as a note of producers tells: at least to where its segment begins; 0 if it tells nothing of that log. */
    long nextOffset(long baseOffset, long logId) {
        ProducerSnapshot note = note(baseOffset);
        if (note == null || note.logId() != logId) {
            return 0;
        }
        long next = baseOffset;
        for (ProducerEntry producer : note.producers()) {
            for (ProducerEntry.Batch batch : producer.batches()) {
                next = Math.max(next, batch.baseOffset() + batch.lastOffsetDelta() + 1);
            }
        }
        return next;
    }
}
