package dev.varve.benchmarks.jmh;

import dev.varve.benchmarks.Workplace;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.SyncPolicy;
import dev.varve.log.format.NewRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A log of records of 200 random bytes, timestamps a millisecond apart, in a directory that goes with it. Not synced: the disk is measured elsewhere. */
final class LogState implements AutoCloseable {
    static final long SEED = 20260131;
    static final long FIRST_TIMESTAMP = 1_767_225_600_000L;
    private static final int VALUE_BYTES = 200;
    private static final LogOptions UNSYNCED = LogOptions.defaults().withSyncPolicy(SyncPolicy.none());

    private final Path root;
    private final PartitionLog log;

    /** In a new directory below this one. */
    LogState(String directory) throws IOException {
        root = Files.createTempDirectory(Path.of(directory).toAbsolutePath(), "varve-jmh-");
        log = PartitionLog.open(root.resolve("log"), UNSYNCED);
    }

    PartitionLog log() {
        return log;
    }

    /** So many records, the first of them with this offset for its place in time. */
    static List<NewRecord> records(int count, long firstOffset) {
        SplittableRandom random = new SplittableRandom(SEED);
        List<NewRecord> records = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[VALUE_BYTES];
            random.nextBytes(value);
            records.add(NewRecord.of(FIRST_TIMESTAMP + firstOffset + i, value));
        }
        return records;
    }

    /** Appends this many records in batches of this size. */
    void fill(int records, int batch) {
        for (int i = 0; i < records; i += batch) {
            log.append(records(batch, i));
        }
    }

    @Override
    public void close() throws IOException {
        log.close();
        Workplace.delete(root);
    }
}
