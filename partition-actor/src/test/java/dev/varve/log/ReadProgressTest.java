package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.segment.IndexStore;
import dev.varve.log.segment.ReadHandles;
import dev.varve.log.segment.SegmentIndex;
import dev.varve.log.segment.SegmentReader;
import dev.varve.log.segment.SegmentView;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whoever reads a log to its end gets there, whatever it holds: each read gives something, goes on, or says why not. */
class ReadProgressTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final long LOG_ID = 7;

    private final ManualClock clock = new ManualClock();

    private LogOptions options(SimDisk disk) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withLogId(LOG_ID)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(4096));
    }

    /** Reads to the end, counting reads; gives the offsets that were told to be damaged. */
    private static List<Long> readToTheEnd(ReadableLog log, int budget, List<LogRecord> records) {
        return assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            List<Long> damaged = new ArrayList<>();
            long next = log.describe().logStartOffset();
            while (true) {
                try {
                    ReadResult result = log.read(next, budget);
                    records.addAll(result.records());
                    if (result.nextOffset() == next) {
                        assertThat(next).as("where reading ends").isEqualTo(result.logEndOffset());
                        return damaged;
                    }
                    next = result.nextOffset();
                } catch (LogException.CorruptRecord e) {
                    assertThat(e.lastOffset()).isGreaterThanOrEqualTo(next);
                    for (long offset = Math.max(next, e.firstOffset()); offset <= e.lastOffset(); offset++) {
                        damaged.add(offset);
                    }
                    next = e.lastOffset() + 1;
                }
            }
        });
    }

    @Test
    void a_segment_with_fewer_records_than_the_manifest_says_is_damage_and_not_the_end_of_the_log() {
        SimDisk disk = new SimDisk(1);
        SimDisk other = new SimDisk(1);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
                PartitionLog fewer = PartitionLog.open(DIRECTORY, options(other))) {
            // Two batches here take just the room of one there.
            for (int i = 0; i < 10; i++) {
                log.append(NewRecord.of(1, new byte[100]));
            }
            long bytes = log.describe().bytes();
            while (bytes - fewer.describe().bytes() >= 2 * 400) {
                fewer.append(NewRecord.of(1, new byte[300]));
            }
            long left = bytes - fewer.describe().bytes();
            fewer.append(NewRecord.of(1, new byte[(int) left - 95]));
            assertThat(fewer.describe().bytes()).isEqualTo(bytes);
            log.roll();
            fewer.roll();
            log.append(NewRecord.of(1, new byte[] {1}));
        }
        String segment = "00000000000000000000";
        for (String suffix : List.of(".log", ".index", ".timeindex")) {
            disk.put(DIRECTORY.resolve(segment + suffix), other.bytes(DIRECTORY.resolve(segment + suffix)));
        }
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            for (int budget : new int[] {0, 1_000, 100_000}) {
                List<LogRecord> records = new ArrayList<>();
                assertThat(readToTheEnd(log, budget, records)).containsExactly(5L, 6L, 7L, 8L, 9L);
                assertThat(records).hasSize(6);
            }
            assertThat(log.describe().damage()).isNotEmpty();
        }
    }

    @Test
    void a_segment_that_ends_inside_a_frame_is_read_to_its_end() throws Exception {
        SimDisk disk = new SimDisk(1);
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
        for (int i = 0; i < 5; i++) {
            log.append(NewRecord.of(i, new byte[100]));
        }
        log.close();
        Path file = DIRECTORY.resolve("00000000000000000000.log");
        long whole = disk.bytes(file).length;
        for (long length = 512; length < whole; length += 8) {
            // As a manifest would name it that somebody made up.
            SegmentView view = new SegmentView(1, 0, file, length, 4, 5, 0, 4, 0, true, new SegmentIndex(0));
            SegmentReader reader = new SegmentReader(
                    new ReadHandles(disk, LOG_ID), new IndexStore(disk, LOG_ID, 1 << 20, 1 << 20), LOG_ID, 1 << 20);
            long wholeFrames = (length - 512) / ((whole - 512) / 5);
            SegmentReader.Result result =
                    assertTimeoutPreemptively(Duration.ofSeconds(10), () -> reader.read(view, 0, 1 << 20, true));
            assertThat(result.batches()).hasSize((int) wholeFrames);
            assertThat(result.nextOffset()).isEqualTo(wholeFrames);
            assertThat(result.bad().firstOffset()).isEqualTo(wholeFrames);
            assertThat(result.bad().lastOffset()).isEqualTo(4);
            SegmentReader.Result behind =
                    assertTimeoutPreemptively(Duration.ofSeconds(10), () -> reader.read(view, 4, 1 << 20, true));
            assertThat(behind.bad().lastOffset()).isEqualTo(4);
            SegmentReader.TimeResult time =
                    assertTimeoutPreemptively(Duration.ofSeconds(10), () -> reader.firstAtOrAfter(view, 4, 0));
            assertThat(time.offset()).isEmpty();
            assertThat(time.bad().lastOffset()).isEqualTo(4);
        }
    }

    @Test
    void a_log_with_random_damage_is_read_to_its_end_and_never_gives_a_wrong_record() {
        SimDisk disk = new SimDisk(1);
        Ledger ledger = new Ledger();
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            for (int i = 0; i < 120; i++) {
                ledger.append(log, 1 + i % 4);
            }
        }
        List<String> segments = disk.names(DIRECTORY).stream()
                .filter(name -> name.endsWith(".log"))
                .toList();
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            SimDisk damaged = disk.copy();
            for (int i = 0; i < 1 + random.nextInt(12); i++) {
                damage(damaged, DIRECTORY.resolve(segments.get(random.nextInt(segments.size()))), random);
            }
            try (ObservedLog log = ObservedLog.open(DIRECTORY, options(damaged))) {
                for (int budget : new int[] {0, 700, 1 << 20}) {
                    List<LogRecord> records = new ArrayList<>();
                    List<Long> lost = readToTheEnd(log, budget, records);
                    records.forEach(record -> assertThat(record.toNewRecord()).isEqualTo(ledger.at(record.offset())));
                    assertThat(records.size() + lost.size()).isEqualTo((int) ledger.nextOffset());
                }
                for (long offset = 0; offset < ledger.nextOffset(); offset += 5) {
                    long from = offset;
                    try {
                        LogRecord first = log.read(from, 0).records().get(0);
                        assertThat(first.offset()).isEqualTo(from);
                    } catch (LogException.CorruptRecord e) {
                        assertThat(e.firstOffset()).isLessThanOrEqualTo(from);
                        assertThat(e.lastOffset()).isGreaterThanOrEqualTo(from);
                    }
                }
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e, e);
            }
        }
    }

    private static void damage(SimDisk disk, Path file, Random random) {
        int size = disk.bytes(file).length;
        int at = 512 + random.nextInt(size - 512);
        byte[] bytes = new byte[1 + random.nextInt(Math.min(600, size - at))];
        switch (random.nextInt(4)) {
            case 0 -> disk.flipBit(file, at * 8L + random.nextInt(8));
            case 1 -> {
                random.nextBytes(bytes);
                disk.overwrite(file, at, bytes);
            }
            case 2 -> disk.overwrite(file, at, bytes);
            default -> {
                // Bytes from elsewhere in the same file, whole frames perhaps.
                int from = (512 + random.nextInt(size - 512 - bytes.length + 1)) & -8;
                System.arraycopy(disk.bytes(file), from, bytes, 0, Math.min(bytes.length, size - from));
                disk.overwrite(file, at & -8, bytes);
            }
        }
    }
}
