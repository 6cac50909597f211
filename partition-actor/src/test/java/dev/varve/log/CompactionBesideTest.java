package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.compaction.CompactionPolicy.Keep;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation.Kind;
import dev.varve.log.testkit.SimDisk;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Compaction beside those who read and append. */
class CompactionBesideTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final CompactionPolicy POLICY =
            CompactionPolicy.of(Keep.LATEST_OF_KEY).withMinDeadShare(0.01);

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(1);

    private LogOptions options() {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withKeyMemoryBytes(1 << 20)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(4096));
    }

    private PartitionLog fill(int records) {
        PartitionLog log = PartitionLog.open(DIRECTORY, options());
        for (int i = 0; i < records; i++) {
            log.append(record(i));
        }
        return log;
    }

    /** Every third record has a key that no other has. */
    private static NewRecord record(int i) {
        String key = i % 3 == 0 ? "only-" + i : "often";
        return new NewRecord(i, key.getBytes(StandardCharsets.UTF_8), i, new byte[40], List.of());
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void appends_and_reads_go_on_while_a_segment_is_written_anew() {
        PartitionLog log = fill(100);
        int[] appended = {100};
        log.compact(POLICY, bytes -> {
            if (appended[0] < 120) {
                assertThat(log.append(record(appended[0]))).isEqualTo(appended[0]);
                appended[0]++;
                assertThat(log.read(0, 1000).isEmpty()).isFalse();
            }
        });
        assertThat(log.logEndOffset()).isEqualTo(120);
        log.close();
        assertThat(disk.openFiles()).isZero();
    }

    @Test
    void a_reader_inside_a_segment_that_is_replaced_reads_it_to_its_end() throws Exception {
        PartitionLog log = fill(100);
        List<LogRecord> before = Ledger.readAll(log, 1 << 20);
        log.close();
        PartitionLog again = PartitionLog.open(DIRECTORY, options());
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch replaced = new CountDownLatch(1);
        AtomicReference<List<LogRecord>> read = new AtomicReference<>();
        Thread reader = new Thread(() -> read.set(again.read(0, 1000).records()));
        disk.onOperation(operation -> {
            if (operation.kind() == Kind.READ
                    && Thread.currentThread() == reader
                    && operation.on("00000.log")
                    && operation.length() > 512
                    && reading.getCount() > 0) {
                reading.countDown();
                await(replaced);
            }
        });
        reader.start();
        await(reading);
        again.compact(POLICY, bytes -> {});
        assertThat(disk.openDeletedFiles()).isEqualTo(1);
        replaced.countDown();
        reader.join();
        assertThat(read.get()).isEqualTo(before.subList(0, read.get().size()));
        assertThat(disk.openDeletedFiles()).isZero();
        assertThat(again.read(0, 1000).records()).isNotEqualTo(read.get());
        again.close();
    }

    @Test
    void a_reader_that_comes_too_late_for_a_segment_reads_what_took_its_place() throws Exception {
        PartitionLog log = fill(100);
        log.close();
        PartitionLog again = PartitionLog.open(DIRECTORY, options());
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch replaced = new CountDownLatch(1);
        AtomicReference<Object> read = new AtomicReference<>();
        Thread reader = new Thread(() -> {
            try {
                read.set(again.read(0, 1 << 20).records());
            } catch (RuntimeException e) {
                read.set(e);
            }
        });
        disk.onOperation(operation -> {
            if (operation.kind() == Kind.OPEN && Thread.currentThread() == reader && opening.getCount() > 0) {
                // It knows the old segment, and has not opened it yet.
                opening.countDown();
                await(replaced);
            }
        });
        reader.start();
        await(opening);
        again.compact(POLICY, bytes -> {});
        replaced.countDown();
        reader.join();
        assertThat(read.get()).isEqualTo(Ledger.readAll(again, 1 << 20));
        again.close();
    }

    @Test
    void an_observer_that_looked_before_reads_what_took_the_place_of_a_segment() {
        try (PartitionLog log = fill(100)) {
            try (ObservedLog observed = ObservedLog.open(DIRECTORY, options())) {
                log.compact(POLICY, bytes -> {});
                assertThat(Ledger.readAll(observed, 600)).isEqualTo(Ledger.readAll(log, 600));
                assertThat(observed.offsetForTimestamp(50)).isEqualTo(log.offsetForTimestamp(50));
                log.append(record(100));
                observed.refresh();
                assertThat(Ledger.readAll(observed, 600)).isEqualTo(Ledger.readAll(log, 600));
                assertThat(disk.openDeletedFiles()).isZero();
            }
        }
    }

    @Test
    void a_segment_that_retention_takes_while_it_is_written_anew_is_gone() {
        try (PartitionLog log = fill(100)) {
            AtomicBoolean deleted = new AtomicBoolean();
            long[] calls = {0};
            log.compact(POLICY, bytes -> {
                if (bytes > 256 && calls[0]++ == 3 && deleted.compareAndSet(false, true)) {
                    log.deleteBefore(90);
                }
            });
            assertThat(deleted).isTrue();
            assertThat(log.logStartOffset()).isEqualTo(90);
            assertThat(disk.names(DIRECTORY)).noneMatch(name -> name.contains("compacted"));
            assertThat(Ledger.readAll(log, 600)).allMatch(record -> record.offset() >= 90);
        }
    }

    @Test
    void whoever_paces_compaction_ends_it_by_throwing_and_nothing_is_left_of_it() {
        try (PartitionLog log = fill(100)) {
            List<String> before = disk.names(DIRECTORY);
            assertThatThrownBy(() -> log.compact(POLICY, bytes -> {
                        if (bytes > 256) {
                            throw new IllegalStateException("enough");
                        }
                    }))
                    .hasMessage("enough");
            assertThat(disk.names(DIRECTORY)).isEqualTo(before);
            log.append(record(100));
        }
    }

    @Test
    void a_close_ends_compaction_and_waits_for_it() throws Exception {
        PartitionLog log = fill(200);
        CountDownLatch begun = new CountDownLatch(1);
        List<Throwable> ended = new ArrayList<>();
        Thread compacting = new Thread(() -> {
            try {
                log.compact(POLICY, bytes -> begun.countDown());
                while (true) {
                    log.compact(POLICY, bytes -> {});
                }
            } catch (LogException.Closed e) {
                ended.add(e);
            }
        });
        compacting.start();
        await(begun);
        log.close();
        compacting.join(20_000);
        assertThat(ended).hasSize(1);
        assertThat(disk.openFiles()).isZero();
        assertThat(disk.names(DIRECTORY)).noneMatch(name -> name.endsWith(".tmp"));
    }

    @Test
    void what_made_a_record_dead_is_durable_before_the_record_goes() {
        LogOptions unsynced = options().withSyncPolicy(SyncPolicy.none());
        for (long seed = 0; seed < 20; seed++) {
            SimDisk lossy = new SimDisk(seed);
            PartitionLog log = PartitionLog.open(DIRECTORY, unsynced.withDisk(lossy));
            for (int i = 0; i < 20; i++) {
                log.append(NewRecord.of(i, "a".getBytes(StandardCharsets.UTF_8), new byte[] {(byte) i}));
            }
            log.roll();
            log.append(NewRecord.of(20, "a".getBytes(StandardCharsets.UTF_8), new byte[] {20}));
            log.compact(POLICY, bytes -> {});
            lossy.powerLoss();
            lossy.restart();
            try (PartitionLog again = PartitionLog.open(DIRECTORY, unsynced.withDisk(lossy))) {
                assertThat(Ledger.readAll(again, 1000))
                        .as(lossy.toString())
                        .extracting(LogRecord::offset)
                        .containsExactly(20L);
            }
        }
    }
}
