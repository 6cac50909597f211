package dev.varve.log.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A lock of the operating system on a lock file. Such a lock belongs to the process, and closing any channel on the file
 * gives it back, even one that never held it; so a registry of this JVM refuses a second owner before the file is touched.
 */
final class NioDirectoryLock implements DirectoryLock {
    /**
     * What this JVM holds, and the lock of the registry: the real paths of directories, so that a symbolic link does not
     * fool it, and the keys of lock files, so that a second mount of a directory does not either.
     */
    private static final Set<Object> HELD = new HashSet<>();

    /**
     * Channels on lock files, by file key, that another class loader of this JVM turned out to hold, with a registry of its
     * own. Closing one would take the lock from it, so each stays open, for the next attempt to use. Guarded by HELD.
     */
    private static final Map<Object, FileChannel> UNCLOSABLE = new HashMap<>();

    private final Path lockFile;
    private final Path realDirectory;
    private final FileChannel channel;
    private final Optional<Object> fileKey;
    private volatile boolean closed;

    private NioDirectoryLock(Path lockFile, Path realDirectory, FileChannel channel, Optional<Object> fileKey) {
        this.lockFile = lockFile;
        this.realDirectory = realDirectory;
        this.channel = channel;
        this.fileKey = fileKey;
    }

    static Optional<DirectoryLock> tryLock(Path lockFile) throws IOException {
        Path realDirectory = lockFile.toAbsolutePath().getParent().toRealPath();
        synchronized (HELD) {
            Optional<Object> existing = FileKeys.ofExisting(lockFile);
            if (HELD.contains(realDirectory) || isHeld(existing)) {
                return Optional.empty();
            }
            FileChannel channel = existing.isPresent() ? UNCLOSABLE.remove(existing.get()) : null;
            if (channel == null) {
                channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            }
            return lock(lockFile, realDirectory, channel);
        }
    }

    private static Optional<DirectoryLock> lock(Path lockFile, Path realDirectory, FileChannel channel)
            throws IOException {
        Optional<Object> fileKey = Optional.empty();
        try {
            fileKey = FileKeys.of(lockFile);
            // A file that was replaced meanwhile guards nothing: nobody else will look at it.
            if (channel.tryLock() == null || !FileKeys.of(lockFile).equals(fileKey)) {
                channel.close();
                return Optional.empty();
            }
        } catch (OverlappingFileLockException e) {
            fileKey.ifPresent(key -> UNCLOSABLE.put(key, channel));
            return Optional.empty();
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
        HELD.add(realDirectory);
        if (fileKey.isPresent()) {
            HELD.add(fileKey.get());
        }
        return Optional.of(new NioDirectoryLock(lockFile, realDirectory, channel, fileKey));
    }

    private static boolean isHeld(Optional<Object> fileKey) {
        return fileKey.isPresent() && HELD.contains(fileKey.get());
    }

    /** Throws if the file is a lock that this JVM holds: closing what was opened on it would give the lock back. */
    static void refuseLockFile(Path file, Optional<Object> fileKey) throws IOException {
        synchronized (HELD) {
            if (isHeld(fileKey)) {
                throw new FileSystemException(file.toString(), null, "it is a lock that this process holds");
            }
        }
    }

    @Override
    public boolean isIntact() throws IOException {
        try {
            return !closed && FileKeys.of(lockFile).equals(fileKey);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (HELD) {
            if (closed) {
                return;
            }
            closed = true;
            try {
                channel.close();
            } finally {
                HELD.remove(realDirectory);
                fileKey.ifPresent(HELD::remove);
            }
        }
    }
}
