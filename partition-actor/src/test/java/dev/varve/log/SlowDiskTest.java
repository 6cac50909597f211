package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A sync that takes long, here: until the test lets it end. Readers do not wait for it, and see nothing of what it is to make last. */
class SlowDiskTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(1);
    private final Ledger ledger = new Ledger();
    private final CountDownLatch syncHasBegun = new CountDownLatch(1);
    private final CountDownLatch syncMayEnd = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newFixedThreadPool(3);
    private PartitionLog log;

    @BeforeEach
    void open() {
        log = PartitionLog.open(DIRECTORY, LogOptions.defaults().withDisk(disk).withClock(clock));
        for (int i = 0; i < 40; i++) {
            ledger.append(log, 2);
        }
        disk.onOperation(operation -> {
            if (operation.kind() == Operation.Kind.SYNC) {
                syncHasBegun.countDown();
                awaitUnchecked(syncMayEnd);
            }
        });
    }

    @AfterEach
    void endThreads() {
        syncMayEnd.countDown();
        threads.shutdownNow();
    }

    private static void awaitUnchecked(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).as("waited in vain").isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void reads_go_on_while_a_sync_takes_long_and_see_only_what_is_durable() throws Exception {
        long end = log.logEndOffset();
        Future<Long> append = threads.submit(() -> log.append(List.of(Ledger.record(1_000), Ledger.record(1_001))));
        awaitUnchecked(syncHasBegun);
        // On a thread of its own, so that a reader that waits fails the test instead of hanging it.
        threads.submit(() -> {
                    ledger.checkAndAdopt(log);
                    assertThat(log.read(end, 10_000).isEmpty()).isTrue();
                    assertThat(log.offsetForTimestamp(Ledger.FIRST_TIMESTAMP + 1_000))
                            .isEmpty();
                    assertThat(log.offsetForTimestamp(Ledger.FIRST_TIMESTAMP + 7))
                            .hasValue(7);
                    LogDescription seen = log.describe();
                    assertThat(seen.logEndOffset()).isEqualTo(end);
                    assertThat(seen.durableOffset()).isEqualTo(end);
                })
                .get(30, TimeUnit.SECONDS);
        assertThat(append.isDone()).isFalse();
        syncMayEnd.countDown();
        assertThat(append.get(30, TimeUnit.SECONDS)).isEqualTo(end);
        assertThat(log.read(end, 10_000).records()).hasSize(2);
    }

    @Test
    void appends_that_wait_for_a_slow_sync_are_all_stored_each_once() throws Exception {
        long end = log.logEndOffset();
        Future<Long> first = threads.submit(() -> log.append(Ledger.record(1_000)));
        awaitUnchecked(syncHasBegun);
        Future<Long> second = threads.submit(() -> log.append(Ledger.record(1_001)));
        assertThat(second.isDone()).isFalse();
        syncMayEnd.countDown();
        assertThat(first.get(30, TimeUnit.SECONDS)).isEqualTo(end);
        assertThat(second.get(30, TimeUnit.SECONDS)).isEqualTo(end + 1);
        assertThat(log.read(end, 10_000).records()).hasSize(2);
    }

    @Test
    void a_commit_can_be_staged_while_another_one_is_synced() throws Exception {
        long end = log.logEndOffset();
        Commit writing = log.newCommit();
        writing.stage(List.of(Ledger.record(1_000)));
        Future<?> committed = threads.submit(() -> log.commit(writing));
        awaitUnchecked(syncHasBegun);
        Commit next = log.newCommit();
        for (int i = 1; i <= 10; i++) {
            next.stage(List.of(Ledger.record(1_000 + i)));
        }
        long syncs = disk.count(Operation.Kind.SYNC);
        syncMayEnd.countDown();
        committed.get(30, TimeUnit.SECONDS);
        log.commit(next);
        assertThat(disk.count(Operation.Kind.SYNC) - syncs)
                .as("one sync for the first, and one for the ten that came together meanwhile")
                .isEqualTo(2);
        assertThat(log.read(end, 10_000).records()).hasSize(11);
    }

    @Test
    void without_waiting_for_syncs_what_is_written_is_seen_and_what_is_durable_is_told() {
        syncMayEnd.countDown();
        log.close();
        LogOptions options = LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withSyncPolicy(SyncPolicy.everyNWrites(3, Duration.ofMillis(20)));
        try (PartitionLog lazy = PartitionLog.open(DIRECTORY, options)) {
            long end = lazy.logEndOffset();
            lazy.append(Ledger.record(1_000));
            assertThat(lazy.logEndOffset()).isEqualTo(end + 1);
            assertThat(lazy.durableOffset()).isEqualTo(end);
            lazy.append(Ledger.record(1_001));
            assertThat(lazy.durableOffset()).isEqualTo(end);
            lazy.append(Ledger.record(1_002));
            assertThat(lazy.durableOffset()).as("the third write is synced").isEqualTo(end + 3);
        }
    }
}
