package dev.varve.log.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The port to the file system: everything that a log asks of a disk, and nothing else. {@link NioDisk} is the one real
 * adapter; the simulated one of the test-jar loses, tears and reorders what was not synced.
 *
 * <p>What is durable: the bytes of a file once {@link LogFile#sync()} returned; the name of a file (created, renamed or
 * deleted) once {@link #syncDirectory} of its directory returned. Nothing else is.
 *
 * <p>All methods may be called from any thread. All of them block.
 */
public interface Disk {

    /** How a file is opened. */
    enum OpenMode {
        /** An existing file, for reading only. An interrupt of a reading thread does no harm. */
        READ,
        /** An existing file, for reading and writing. */
        WRITE,
        /** A file that must not exist yet, for reading and writing. */
        CREATE_NEW
    }

    /** A plain file of a directory, with its length in bytes. */
    record Entry(String name, long sizeBytes) {
        /** Instead of the length of a file that nobody asked for. */
        public static final long NOT_ASKED = -1;
    }

    /**
     * Opens a file.
     *
     * @throws java.nio.file.NoSuchFileException if it is not there and the mode asks for an existing one
     * @throws java.nio.file.FileAlreadyExistsException if it is there and the mode asks for a new one
     * @throws NoSpaceException if the disk, a quota or a limit leaves no room for it
     */
    LogFile open(Path file, OpenMode mode) throws IOException;

    /** The plain files of a directory in no particular order; an empty list if there is no such directory. */
    List<Entry> list(Path directory) throws IOException;

    /**
     * As {@link #list(Path)}, for somebody who wants to know the lengths of those files only whose names end in some way. An entry
     * with {@link Entry#NOT_ASKED} instead of a length may be something else than a plain file.
     */
    default List<Entry> list(Path directory, String suffix) throws IOException {
        return list(directory);
    }

    /** Creates a directory and its missing parents, durably: each new name is synced in the directory that holds it. */
    void createDirectories(Path directory) throws IOException;

    /** Renames a file, replacing the target atomically. Durable after {@link #syncDirectory}. */
    void rename(Path from, Path to) throws IOException;

    /** Deletes a file or an empty directory; false if it was not there. Durable after {@link #syncDirectory}. */
    boolean delete(Path file) throws IOException;

    /** Makes the names in a directory durable. */
    void syncDirectory(Path directory) throws IOException;

    /**
     * Takes the exclusive lock that this file stands for, creating the file when it is missing; does not wait.
     *
     * @return the lock, or empty if somebody holds it, in this JVM or in another process
     */
    Optional<DirectoryLock> tryLock(Path lockFile) throws IOException;

    /** The bytes that the file system of this directory says it could still take. A hint: a quota or a reserve may allow less. */
    long usableBytes(Path directory) throws IOException;
}
