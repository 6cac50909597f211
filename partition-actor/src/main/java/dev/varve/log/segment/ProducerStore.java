package dev.varve.log.segment;

import dev.varve.log.format.ProducerSnapshot;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** The files beside the segments that tell what the log remembers of its producers. */
public final class ProducerStore {
    /** Of so many producers at most a snapshot is believed; a larger file is none. */
    public static final int MAX_PRODUCERS = 100_000;

    private final Disk disk;
    private final Path directory;

    public ProducerStore(Disk disk, Path directory) {
        this.disk = disk;
        this.directory = directory;
    }

    /**
     * What the file of a segment holds; null if there is none. What the operating system cannot read is told as a problem, for
     * there is another way to come by it.
     *
     * @throws IOException if the file cannot be opened, although it is there
     */
    public ProducerSnapshot.Decoded read(long baseOffset) throws IOException {
        try (LogFile file = disk.open(SegmentFiles.producers(directory, baseOffset), Disk.OpenMode.READ)) {
            try {
                return ProducerSnapshot.decode(bytes(file));
            } catch (IOException e) {
                return new ProducerSnapshot.Decoded(null, List.of("the producers cannot be read: " + e));
            }
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static ByteBuffer bytes(LogFile file) throws IOException {
        long size = file.size();
        if (size > ProducerSnapshot.maxBytes(MAX_PRODUCERS)) {
            throw new IOException(size + " bytes are more than any snapshot has");
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) size);
        file.read(bytes, 0);
        return bytes.flip();
    }

    /**
     * Replaces the file of a segment, or creates it, all or nothing. Its name is durable when the directory was synced; until
     * then a loss of power may bring the old one back.
     */
    public void write(long baseOffset, ProducerSnapshot snapshot) throws IOException {
        SmallFiles.replace(disk, SegmentFiles.producers(directory, baseOffset), snapshot.encode());
    }

    /** Writes the file of a segment that waits to take the place of another one. */
    public void writeCompacted(long baseOffset, ProducerSnapshot snapshot) throws IOException {
        SmallFiles.replace(
                disk,
                CompactedFiles.path(SegmentFiles.producers(directory, baseOffset), snapshot.segmentId()),
                snapshot.encode());
    }

    /** What is wrong with the file of a segment, in words; nothing if it is not there. */
    public List<String> problems(long logId, long segmentId, long baseOffset) throws IOException {
        ProducerSnapshot.Decoded decoded = read(baseOffset);
        if (decoded == null || decoded.snapshot() == null) {
            return decoded == null ? List.of() : decoded.problems();
        }
        boolean fits = decoded.snapshot().logId() == logId && decoded.snapshot().segmentId() == segmentId;
        return fits ? decoded.problems() : List.of("the producers are those of another segment");
    }
}
