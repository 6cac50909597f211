package dev.varve.log.segment;

import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import dev.varve.log.io.NoSpaceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * The files of a segment that compaction wrote to take the place of another one with the same base offset. Until they have the
 * names of the others they are called {@code BASEOFFSET.SEGMENTID.KIND.compacted}: which of the two is the segment of the log,
 * the manifest says, that names it by its id. So the manifest alone decides, at one moment; that the file then gets the name of the
 * other, replacing it, may happen at any time later.
 */
public final class CompactedFiles {
    /** Of a file that waits for the name of the one that it replaces. */
    private static final String COMPACTED = ".compacted";

    private static final List<String> SUFFIXES = List.of(
            SegmentFiles.OFFSET_INDEX,
            SegmentFiles.TIME_INDEX,
            SegmentFiles.KEYS,
            SegmentFiles.PRODUCERS,
            // Last: the other ones say which segment they belong to, and are hints.
            SegmentFiles.LOG);

    /** How often a file is looked for again because its owner renamed it meanwhile. */
    private static final int MAX_LOOKS = 3;

    private CompactedFiles() {}

    /** Which segment a waiting file belongs to, and the name that it waits for. */
    public record Waiting(long baseOffset, long segmentId, String finalName) {}

    /** The name of a file of a segment until it gets its own. */
    public static String name(String finalName, long segmentId) {
        int dot = finalName.indexOf('.');
        return finalName.substring(0, dot) + '.' + segmentId + finalName.substring(dot) + COMPACTED;
    }

    /** As {@link #name}, beside that file. */
    public static Path path(Path finalPath, long segmentId) {
        return finalPath.resolveSibling(name(finalPath.getFileName().toString(), segmentId));
    }

    /** What a waiting file is, by its name; null if it is no such name. */
    public static Waiting parse(String name) {
        if (!name.endsWith(COMPACTED)) {
            return null;
        }
        String[] parts = name.split("\\.");
        if (parts.length != 4 || !parts[1].matches("[1-9][0-9]{0,18}")) {
            return null;
        }
        String finalName = parts[0] + '.' + parts[2];
        OptionalLong baseOffset = SegmentFiles.baseOffset(finalName);
        try {
            return baseOffset.isEmpty()
                    ? null
                    : new Waiting(baseOffset.getAsLong(), Long.parseLong(parts[1]), finalName);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /**
     * Gives the files of a segment that the manifest names their own names, replacing those of the segment before. May be done
     * again after any part of it was.
     *
     * @throws NoSpaceException if the segment itself keeps the name under which it waits, where readers find it too
     */
    public static void settle(Disk disk, Path directory, long baseOffset, long segmentId) throws IOException {
        for (Path path : finalPaths(directory, baseOffset)) {
            Path waiting = path(path, segmentId);
            try {
                disk.rename(waiting, path);
            } catch (NoSuchFileException e) {
                // It has its name already, or there never was one.
            } catch (NoSpaceException e) {
                if (SegmentFiles.isLog(path.getFileName().toString())) {
                    throw e;
                }
                // A hint: without one it is made anew when it is needed, which is better than that of another segment.
                disk.delete(path);
                disk.delete(waiting);
            }
        }
    }

    /** Deletes the files of a segment that the manifest does not name, or no longer. */
    public static void delete(Disk disk, Path directory, long baseOffset, long segmentId) throws IOException {
        for (Path path : finalPaths(directory, baseOffset)) {
            Path waiting = path(path, segmentId);
            disk.delete(SmallFiles.temporary(waiting));
            disk.delete(waiting);
        }
    }

    private static List<Path> finalPaths(Path directory, long baseOffset) {
        return SUFFIXES.stream()
                .map(suffix -> SegmentFiles.path(directory, baseOffset, suffix))
                .toList();
    }

    /**
     * Opens the file of a segment for reading, under its name or the one under which it waits.
     *
     * @throws ForeignSegmentException if there is a whole segment file, but only of another segment
     * @throws UnreadableException if a later version of varve wrote it
     * @throws NoSuchFileException if there is none
     */
    public static LogFile open(Disk disk, long logId, Path finalPath, long segmentId) throws IOException {
        for (int looks = 1; ; looks++) {
            LogFile file = disk.open(finalPath, Disk.OpenMode.READ);
            SegmentHeader other;
            try {
                other = foreign(file, logId, segmentId);
            } catch (IOException | RuntimeException | Error e) {
                file.close();
                throw e;
            }
            if (other == null) {
                return file;
            }
            file.close();
            try {
                return disk.open(path(finalPath, segmentId), Disk.OpenMode.READ);
            } catch (NoSuchFileException e) {
                // Its owner may have renamed it between the two looks.
                if (looks == MAX_LOOKS || other.logId() != logId || other.segmentId() > segmentId) {
                    throw new ForeignSegmentException(finalPath, other, logId, segmentId);
                }
            }
        }
    }

    /**
     * Where the file of a segment is: under its name or the one under which it waits. For the owner, who alone renames it.
     *
     * @throws IOException as {@link #open}
     */
    public static Path find(Disk disk, long logId, Path finalPath, long segmentId) throws IOException {
        Path waiting = path(finalPath, segmentId);
        try {
            disk.open(waiting, Disk.OpenMode.READ).close();
            return waiting;
        } catch (NoSuchFileException e) {
            open(disk, logId, finalPath, segmentId).close();
            return finalPath;
        }
    }

    /** The header of a file that is another segment; null if it is this one, or damaged: that hides nothing, each frame says where it belongs. */
    private static SegmentHeader foreign(LogFile file, long logId, long segmentId) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(SegmentHeader.BYTES);
        file.read(bytes, 0);
        SegmentHeader.Decoded decoded = SegmentHeader.decode(bytes.flip());
        if (decoded instanceof SegmentHeader.Decoded.Unreadable unreadable) {
            throw new UnreadableException(0, unreadable.reason());
        }
        return decoded instanceof SegmentHeader.Decoded.Ok ok
                        && (ok.header().logId() != logId || ok.header().segmentId() != segmentId)
                ? ok.header()
                : null;
    }
}
