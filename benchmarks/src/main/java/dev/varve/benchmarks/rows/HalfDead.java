package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Workplace;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.RollPolicy;
import dev.varve.log.SyncPolicy;
import dev.varve.log.format.NewRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** A gigabyte of records of 5 kB with 100,000 keys, two of each in a random order, so that half of it is dead; in batches of ten. */
final class HalfDead {
    private static final int KEYS = 100_000;
    private static final int VALUE_BYTES = 5_000;
    private static final int BATCH = 10;

    /** Its sixteen segments, of 64 MiB, are about half dead each. */
    static final LogOptions OPTIONS = LogOptions.defaults()
            .withSyncPolicy(SyncPolicy.none())
            .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(64 << 20))
            .withKeyMemoryBytes(64 << 20);

    private HalfDead() {}

    /** A copy that may be compacted. */
    static Path copy(Workplace workplace) throws Exception {
        Path original = workplace.prepared("half-dead", HalfDead::fill);
        Path copy = workplace.fresh("half-dead-copy");
        Files.createDirectories(copy);
        try (Stream<Path> files = Files.list(original)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        return copy;
    }

    private static void fill(Path directory) throws IOException {
        SplittableRandom random = new SplittableRandom(Values.SEED);
        int[] order = new int[2 * KEYS];
        for (int i = 0; i < order.length; i++) {
            int other = random.nextInt(i + 1);
            order[i] = order[other];
            order[other] = i % KEYS;
        }
        try (PartitionLog log = PartitionLog.open(directory, OPTIONS)) {
            List<NewRecord> batch = new ArrayList<>(BATCH);
            for (int key : order) {
                byte[] value = new byte[VALUE_BYTES];
                random.nextBytes(value);
                batch.add(NewRecord.of(
                        Values.FIRST_TIMESTAMP,
                        ByteBuffer.allocate(16).putInt(key).array(),
                        value));
                if (batch.size() == BATCH) {
                    log.append(batch);
                    batch.clear();
                }
            }
            log.roll();
        }
    }
}
