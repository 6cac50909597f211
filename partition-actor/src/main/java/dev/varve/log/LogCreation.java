package dev.varve.log;

import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.segment.ActiveSegment;
import dev.varve.log.segment.ManifestStore;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Set;

/**
 * Creates a log in a directory without a manifest, whose lock is held. What a crash left of an earlier attempt, or of a log that was deleted,
 * is removed first; segments without a manifest are no such thing, and are never touched.
 */
final class LogCreation {
    private final Path directory;
    private final LogOptions options;
    private final Disk disk;

    LogCreation(Path directory, LogOptions options) {
        this.directory = directory;
        this.options = options;
        this.disk = options.disk();
    }

    /**
     * Creates the first segment, durably. There is a log once a manifest names it, which the first checkpoint sees to.
     *
     * @param scan of the directory as it is
     * @throws LogException.Broken if there are segments, so that the manifest is missing
     */
    LogWriter begin(DirectoryScan scan, DamageList damage) throws IOException {
        removeLeftOvers(scan);
        long logId = options.logId().orElseGet(() -> new SecureRandom().nextLong());
        SegmentHeader header =
                new SegmentHeader(logId, 1, 0, 0, 0, options.clock().wallMillis());
        ActiveSegment first = ActiveSegment.create(disk, directory, header);
        return new LogWriter(
                directory,
                options,
                new LogWriter.Start(
                        logId,
                        options.maxBatchBytes(),
                        List.of(),
                        first,
                        0,
                        new LogEnd(0, 0, 0),
                        0,
                        2,
                        new ProducerTable(options)),
                damage);
    }

    private void removeLeftOvers(DirectoryScan scan) throws IOException {
        if (scan.names().contains(LogDeletion.DELETED_MANIFEST)) {
            new LogDeletion(directory, disk).finish();
        } else if (!scan.segmentsOfALog().isEmpty()) {
            throw new LogException.Broken(
                    new ManifestStore(disk, directory).file(),
                    0,
                    "the manifest is missing, but there are segments: " + scan.segmentsOfALog()
                            + ". Restore the manifest from a copy, or copy what is good with varve repair");
        }
        // What a crash left of an earlier attempt holds no records.
        for (String name : scan.unaccounted(Set.of())) {
            disk.delete(directory.resolve(name));
        }
    }
}
