package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Workplace;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.SyncPolicy;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/** Logs of about a gigabyte in one segment, closed cleanly, for rows that read. */
final class Logs {
    static final int SINGLES = 950_000;
    static final int BATCHES = 10_000;
    static final LogOptions UNSYNCED = LogOptions.defaults().withSyncPolicy(SyncPolicy.none());

    private Logs() {}

    /** A log of batches of one record. */
    static Path singles(Workplace workplace) throws Exception {
        return workplace.prepared("singles", directory -> {
            Values values = new Values();
            try (PartitionLog log = PartitionLog.open(directory, UNSYNCED)) {
                for (int i = 0; i < SINGLES; i++) {
                    log.append(values.record());
                }
            }
        });
    }

    /** A log of batches of a hundred records. */
    static Path batches(Workplace workplace) throws Exception {
        return workplace.prepared("batches", directory -> {
            Values values = new Values();
            try (PartitionLog log = PartitionLog.open(directory, UNSYNCED)) {
                for (int i = 0; i < BATCHES; i++) {
                    log.append(values.batch());
                }
            }
        });
    }

    /** Its only segment. */
    static Path segment(Path directory) throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    static FileChannel openSegment(Path directory) throws Exception {
        return FileChannel.open(segment(directory), StandardOpenOption.READ);
    }
}
