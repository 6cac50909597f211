package dev.varve.log.segment;

import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import dev.varve.log.io.NoSpaceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/** Files that are read and written as a whole. */
public final class SmallFiles {
    private SmallFiles() {}

    /** The bytes of a file; of one that is longer than it can be, one byte more than that. Null if it is not there. */
    static byte[] readIfThere(Disk disk, Path path, int maxBytes) throws IOException {
        try (LogFile file = disk.open(path, Disk.OpenMode.READ)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(file.size(), maxBytes + 1L));
            int read = file.read(bytes, 0);
            return Arrays.copyOf(bytes.array(), read);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /**
     * Replaces a file, or creates it, all or nothing: its bytes are synced before it gets the name. The name itself is durable
     * when the directory was synced; until then a loss of power may bring the old file back.
     */
    static void replace(Disk disk, Path path, ByteBuffer bytes) throws IOException {
        Path temporary = temporary(path);
        try (LogFile file = create(disk, temporary)) {
            file.write(bytes, 0);
            file.sync();
        } catch (NoSpaceException e) {
            // What room there is must not be taken by half a file.
            disk.delete(temporary);
            throw e;
        }
        disk.rename(temporary, path);
    }

    /** The name under which a file is written before it takes the place of another one. */
    public static Path temporary(Path path) {
        return path.resolveSibling(path.getFileName() + SegmentFiles.TEMPORARY);
    }

    /** Creates a file under a temporary name, instead of one that a crash left there half written. */
    public static LogFile create(Disk disk, Path path) throws IOException {
        try {
            return disk.open(path, Disk.OpenMode.CREATE_NEW);
        } catch (FileAlreadyExistsException e) {
            // A crash left it there, half written.
            disk.delete(path);
            return disk.open(path, Disk.OpenMode.CREATE_NEW);
        }
    }
}
