package dev.varve.log;

import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Batches of every shape, with places of their own. */
final class RandomBatches {
    /** The creation time of a segment that {@link #written} writes. */
    static final long CREATED = 1_700_000_000_000L;

    private static final Path DIRECTORY = Path.of("/simulated/log");

    record Batch(long epoch, long sequence, List<LogRecord> records, Producer producer) {}

    private RandomBatches() {}

    static List<Batch> of(Random random) {
        List<Batch> batches = new ArrayList<>();
        long epoch = random.nextInt(3);
        long sequence = 0;
        long offset = 0;
        for (int b = 0; b < 1 + random.nextInt(12); b++) {
            epoch += random.nextInt(4) == 0 ? random.nextInt(1 << 20) : 0;
            sequence += 1 + (random.nextInt(4) == 0 ? random.nextInt(1000) : 0);
            List<LogRecord> records = new ArrayList<>();
            for (int r = 0; r < 1 + random.nextInt(6); r++) {
                offset += random.nextInt(4) == 0 ? random.nextInt(1 << random.nextInt(20)) : 0;
                byte[] key = bytes(random);
                long keySequence =
                        key == null || random.nextInt(3) == 0 ? 0 : random.nextLong() >>> random.nextInt(1, 64);
                records.add(
                        new LogRecord(offset++, timestamp(random), key, keySequence, bytes(random), headers(random)));
            }
            Producer producer = random.nextBoolean()
                    ? null
                    : new Producer(random.nextLong() >>> 1, (short) random.nextInt(1 << 15), random.nextInt(1 << 30));
            batches.add(new Batch(epoch, sequence, records, producer));
        }
        return batches;
    }

    private static long timestamp(Random random) {
        return switch (random.nextInt(5)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextBoolean() ? Long.MIN_VALUE : Long.MAX_VALUE;
            default -> CREATED + random.nextInt(1 << random.nextInt(30));
        };
    }

    private static byte[] bytes(Random random) {
        int kind = random.nextInt(6);
        if (kind == 0) {
            return null;
        }
        byte[] bytes = new byte[kind == 1 ? 0 : kind == 2 ? 126 + random.nextInt(4) : random.nextInt(300)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static List<RecordHeader> headers(Random random) {
        List<RecordHeader> headers = new ArrayList<>();
        for (int h = random.nextInt(8) - 5; h > 0; h--) {
            byte[] value = bytes(random);
            headers.add(new RecordHeader(
                    List.of("", "name", "größe", "🙂".repeat(40)).get(random.nextInt(4)),
                    value == null ? new byte[0] : value));
        }
        return headers;
    }

    /** The files of a log that took these batches, each synced before the next, and was closed. */
    static SimDisk written(List<Batch> batches, long logId) {
        SimDisk disk = new SimDisk(0);
        LogOptions options = LogOptions.defaults()
                .withDisk(disk)
                .withClock(new ManualClock())
                .withLogId(logId);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            for (Batch batch : batches) {
                Commit commit = log.newCommit();
                commit.stageAt(batch.epoch(), batch.sequence(), batch.records(), batch.producer());
                log.commit(commit);
            }
        }
        return disk;
    }

    static byte[] segment(SimDisk disk) {
        return bytes(disk, "00000000000000000000.log");
    }

    static byte[] bytes(SimDisk disk, String name) {
        return disk.bytes(DIRECTORY.resolve(name));
    }
}
