package dev.varve.log;

import dev.varve.log.format.Manifest;
import dev.varve.log.io.Disk;
import dev.varve.log.segment.CompactedFiles;
import dev.varve.log.segment.ManifestStore;
import dev.varve.log.segment.SegmentFiles;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Deletes the files of a log whose lock is held. The manifest goes first, under a name that says so; from then on there is
 * no log, and whoever opens one there later first finishes what was begun here.
 */
final class LogDeletion {
    static final String DELETED_MANIFEST = SegmentFiles.MANIFEST + SegmentFiles.DELETED;

    private final Path directory;
    private final Disk disk;

    LogDeletion(Path directory, Disk disk) {
        this.directory = directory;
        this.disk = disk;
    }

    /** Whether there is a log, or what is left of one. */
    boolean isThereALog() throws IOException {
        Set<String> names = names();
        return names.contains(SegmentFiles.MANIFEST)
                || names.contains(DELETED_MANIFEST)
                || names.stream().anyMatch(SegmentFiles::isLog);
    }

    /** Whether the log is a replica, as far as its manifest can be read. */
    boolean isReplicated() throws IOException {
        return new ManifestStore(disk, directory)
                .read()
                .map(Manifest.Decoded::manifest)
                .filter(Manifest::replicated)
                .isPresent();
    }

    private Set<String> names() throws IOException {
        return disk.list(directory).stream().map(Disk.Entry::name).collect(Collectors.toSet());
    }

    /** Deletes everything, the directory too unless somebody else has files in it. */
    void run() throws IOException {
        if (names().contains(SegmentFiles.MANIFEST)) {
            disk.rename(directory.resolve(SegmentFiles.MANIFEST), directory.resolve(DELETED_MANIFEST));
        }
        // Also if somebody else renamed it, and died before it was durable.
        disk.syncDirectory(directory);
        finish();
        disk.delete(directory.resolve(SegmentFiles.LOCK));
        try {
            disk.delete(directory);
            disk.syncDirectory(directory.getParent());
        } catch (DirectoryNotEmptyException e) {
            // Files that are not the log's: they are not ours to delete.
            disk.syncDirectory(directory);
        }
    }

    /** Deletes everything but the lock. */
    void finish() throws IOException {
        for (Disk.Entry file : disk.list(directory)) {
            if (belongsToTheLog(file.name())) {
                disk.delete(directory.resolve(file.name()));
            }
        }
        disk.syncDirectory(directory);
        if (disk.delete(directory.resolve(DELETED_MANIFEST))) {
            disk.syncDirectory(directory);
        }
    }

    private static boolean belongsToTheLog(String name) {
        return !name.equals(DELETED_MANIFEST)
                && (SegmentFiles.baseOffset(name).isPresent()
                        || CompactedFiles.parse(name) != null
                        || name.equals(SegmentFiles.KEY_DIRECTORY)
                        || name.endsWith(SegmentFiles.TEMPORARY)
                        || name.endsWith(SegmentFiles.DELETED)
                        || name.endsWith(SegmentFiles.QUARANTINE));
    }
}
