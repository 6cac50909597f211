package dev.varve.log.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A lock of the operating system on a lock file. Such a lock belongs to the process, and closing any channel on the file
 * gives it back, even one that never held it; so a registry of this JVM refuses a second owner before the file is touched.
 */
final class NioDirectoryLock implements DirectoryLock {
    /** The directories that this JVM holds, by their real paths, so that a symbolic link does not fool it. */
    private static final Set<Path> HELD = new HashSet<>();

    private final Path lockFile;
    private final Path realDirectory;
    private final FileChannel channel;
    private final Object fileKey;
    private boolean closed;

    private NioDirectoryLock(Path lockFile, Path realDirectory, FileChannel channel, Object fileKey) {
        this.lockFile = lockFile;
        this.realDirectory = realDirectory;
        this.channel = channel;
        this.fileKey = fileKey;
    }

    static Optional<DirectoryLock> tryLock(Path lockFile) throws IOException {
        Path realDirectory = lockFile.toAbsolutePath().getParent().toRealPath();
        synchronized (HELD) {
            if (!HELD.add(realDirectory)) {
                return Optional.empty();
            }
        }
        Optional<DirectoryLock> lock = Optional.empty();
        try {
            lock = lockInOtherProcesses(lockFile, realDirectory);
            return lock;
        } finally {
            if (lock.isEmpty()) {
                release(realDirectory);
            }
        }
    }

    private static Optional<DirectoryLock> lockInOtherProcesses(Path lockFile, Path realDirectory) throws IOException {
        FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean locked = false;
        try {
            FileLock fileLock = channel.tryLock();
            if (fileLock == null) {
                return Optional.empty();
            }
            NioDirectoryLock lock = new NioDirectoryLock(lockFile, realDirectory, channel, fileKey(lockFile));
            locked = true;
            return Optional.of(lock);
        } catch (OverlappingFileLockException e) {
            // Another class loader of this JVM holds it, with a registry of its own.
            return Optional.empty();
        } finally {
            if (!locked) {
                channel.close();
            }
        }
    }

    private static Object fileKey(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    private static void release(Path realDirectory) {
        synchronized (HELD) {
            HELD.remove(realDirectory);
        }
    }

    @Override
    public boolean isIntact() throws IOException {
        try {
            return Objects.equals(fileKey(lockFile), fileKey);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (!closed) {
            closed = true;
            try {
                channel.close();
            } finally {
                release(realDirectory);
            }
        }
    }
}
