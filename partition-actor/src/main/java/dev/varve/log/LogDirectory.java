package dev.varve.log;

import dev.varve.log.io.DirectoryLock;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LateLogger;
import dev.varve.log.segment.SegmentFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A directory that holds a log, or may come to hold one: what can be said of it and done with it without opening the log. Any thread. */
final class LogDirectory {
    private static final LateLogger LOGGER = new LateLogger(LogDirectory.class);

    private final Path path;
    private final LogOptions options;
    private final Disk disk;

    LogDirectory(Path path, LogOptions options) {
        this.path = path.toAbsolutePath().normalize();
        this.options = options;
        this.disk = options.disk();
    }

    /** Absolute. */
    Path path() {
        return path;
    }

    /**
     * Takes the lock, creating the directory if it is not there.
     *
     * @throws LogException.Locked if another owner has it
     */
    DirectoryLock lock() {
        try {
            disk.createDirectories(path);
            Optional<DirectoryLock> lock = disk.tryLock(path.resolve(SegmentFiles.LOCK));
            if (lock.isEmpty()) {
                throw new LogException.Locked(path);
            }
            return lock.get();
        } catch (IOException e) {
            throw new LogException.IoFailed(path, -1, "locking", e);
        }
    }

    /** Whether there is a log, as {@link PartitionLog#exists} says. */
    boolean holdsLog() {
        try {
            DirectoryScan scan = new DirectoryScan(disk, path);
            return scan.names().contains(SegmentFiles.MANIFEST)
                    || (!scan.names().contains(LogDeletion.DELETED_MANIFEST)
                            && !scan.segmentsOfALog().isEmpty());
        } catch (IOException e) {
            throw new LogException.IoFailed(path, -1, "looking for a log in", e);
        }
    }

    /** Deletes the log, as {@link PartitionLog#delete(Path, LogOptions)} says. */
    boolean deleteLog() {
        LogDeletion deletion = new LogDeletion(path, disk);
        try {
            if (!deletion.isThereALog()) {
                return false;
            }
            DirectoryLock lock = lock();
            try {
                if (!options.replicated() && deletion.isReplicated()) {
                    throw new LogException.Replicated(path);
                }
                deletion.run();
                return true;
            } finally {
                giveBack(lock);
            }
        } catch (IOException e) {
            throw new LogException.IoFailed(path, -1, "deleting the log in", e);
        }
    }

    private void giveBack(DirectoryLock lock) {
        try {
            lock.close();
        } catch (IOException e) {
            LOGGER.warn("The lock of {} could not be given back: {}", path, e.toString());
        }
    }
}
