package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.testkit.ManualClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What a log promises on any disk. Run on the simulated one and on the real one. */
abstract class LogContract {
    final ManualClock clock = new ManualClock();

    abstract Disk disk();

    abstract Path directory();

    LogOptions options() {
        return LogOptions.defaults()
                .withDisk(disk())
                .withClock(clock)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(4096));
    }

    PartitionLog open() {
        return PartitionLog.open(directory(), options());
    }

    static NewRecord text(long timestamp, String value) {
        return NewRecord.of(timestamp, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Bytes that nothing makes smaller. */
    static byte[] noise(int bytes) {
        byte[] noise = new byte[bytes];
        new Random(bytes).nextBytes(noise);
        return noise;
    }

    @Test
    void an_appended_record_is_read_back_with_all_its_parts() {
        NewRecord record = new NewRecord(
                -5,
                new byte[] {0, -1},
                Long.MAX_VALUE,
                new byte[0],
                List.of(new RecordHeader("ü", new byte[] {7}), new RecordHeader("", new byte[0])));
        try (PartitionLog log = open()) {
            assertThat(log.append(record)).isZero();
            assertThat(log.append(new NewRecord(Long.MIN_VALUE, null, null, List.of())))
                    .isEqualTo(1);
            List<LogRecord> read = log.read(0, 1 << 20).records();
            assertThat(read).hasSize(2);
            assertThat(read.get(0).toNewRecord()).isEqualTo(record);
            assertThat(read.get(1).value()).isNull();
            assertThat(read.get(1).timestamp()).isEqualTo(Long.MIN_VALUE);
        }
    }

    @Test
    void everything_is_read_back_whatever_the_budget_and_across_segments() {
        Ledger ledger = new Ledger();
        try (PartitionLog log = open()) {
            for (int i = 0; i < 60; i++) {
                ledger.append(log, 1 + i % 7);
            }
            assertThat(log.describe().segments()).hasSizeGreaterThan(3);
            for (int budget : new int[] {0, 1, 100, 5_000, Integer.MAX_VALUE}) {
                List<LogRecord> all = Ledger.readAll(log, budget);
                assertThat(all).hasSize(ledger.size());
                all.forEach(record -> assertThat(record.toNewRecord()).isEqualTo(ledger.at(record.offset())));
            }
        }
    }

    @Test
    void every_offset_can_be_read_from() {
        Ledger ledger = new Ledger();
        try (PartitionLog log = open()) {
            for (int i = 0; i < 40; i++) {
                ledger.append(log, 1 + i % 4);
            }
            for (long offset = 0; offset < ledger.size(); offset++) {
                LogRecord first = log.read(offset, 0).records().get(0);
                assertThat(first.offset()).isEqualTo(offset);
                assertThat(first.toNewRecord()).isEqualTo(ledger.at(offset));
            }
        }
    }

    @Test
    void one_read_crosses_segments_until_the_budget_is_used() {
        Ledger ledger = new Ledger();
        try (PartitionLog log = open()) {
            for (int i = 0; i < 100; i++) {
                ledger.append(log, 3);
            }
            assertThat(log.read(0, 16 << 20).records()).hasSize(300);
        }
    }

    @Test
    void a_read_outside_the_log_tells_both_bounds_and_is_not_taken_for_no_data_yet() {
        try (PartitionLog log = open()) {
            Ledger ledger = new Ledger();
            ledger.append(log, 10);
            log.deleteBefore(4);
            assertThat(log.read(10, 100).isEmpty()).isTrue();
            LogException.AboveLogEnd above =
                    catchThrowableOfType(LogException.AboveLogEnd.class, () -> log.read(11, 100));
            assertThat(above.logStartOffset()).isEqualTo(4);
            assertThat(above.logEndOffset()).isEqualTo(10);
            LogException.BelowLogStart below =
                    catchThrowableOfType(LogException.BelowLogStart.class, () -> log.read(3, 100));
            assertThat(below).hasMessageContaining("from 4 up to but not including 10");
            assertThatThrownBy(() -> log.read(-1, 100)).isInstanceOf(LogException.BelowLogStart.class);
            assertThatThrownBy(() -> log.read(5, -1)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void a_clean_close_and_open_changes_nothing_and_scans_nothing() {
        Ledger ledger = new Ledger();
        try (PartitionLog log = open()) {
            for (int i = 0; i < 50; i++) {
                ledger.append(log, 2);
            }
        }
        for (int i = 0; i < 3; i++) {
            try (PartitionLog log = open()) {
                assertThat(log.recovery().clean()).isTrue();
                assertThat(log.recovery().bytesScanned()).isZero();
                ledger.checkAndAdopt(log);
                assertThat(log.logEndOffset()).isEqualTo(ledger.nextOffset());
                ledger.append(log, 3);
                ledger.checkAndAdopt(log);
            }
        }
    }

    @Test
    void a_segment_never_grows_beyond_its_size_unless_one_batch_alone_is_larger() {
        try (PartitionLog log = open()) {
            for (int i = 0; i < 30; i++) {
                log.append(NewRecord.of(1, noise(i * 37)));
            }
            log.append(NewRecord.of(1, noise(10_000)));
            log.append(NewRecord.of(1, noise(10)));
            List<SegmentDescription> segments = log.describe().segments();
            assertThat(segments)
                    .allMatch(segment -> segment.bytes() <= 4096 || segment.records() == 1)
                    .anyMatch(segment -> segment.bytes() > 10_000);
        }
    }

    @Test
    void an_aged_segment_is_rolled_by_the_next_append_or_by_housekeeping() {
        LogOptions options = options().withRollPolicy(RollPolicy.DEFAULT.withMaxAge(Duration.ofHours(1)));
        try (PartitionLog log = PartitionLog.open(directory(), options)) {
            log.append(text(1, "a"));
            clock.advance(Duration.ofMinutes(61));
            log.append(text(2, "b"));
            assertThat(log.describe().segments()).hasSize(2);
            clock.advance(Duration.ofMinutes(61));
            log.housekeep();
            assertThat(log.describe().segments()).hasSize(3);
            clock.advance(Duration.ofMinutes(61));
            log.housekeep();
            assertThat(log.describe().segments())
                    .as("an empty segment is not rolled")
                    .hasSize(3);
        }
    }

    @Test
    void a_segment_spans_no_more_offsets_than_allowed() {
        LogOptions options = options().withRollPolicy(RollPolicy.DEFAULT.withMaxOffsetSpan(10));
        Ledger ledger = new Ledger();
        try (PartitionLog log = PartitionLog.open(directory(), options)) {
            for (int i = 0; i < 20; i++) {
                ledger.append(log, 3);
            }
            ledger.append(log, 25);
            ledger.append(log, 1);
            assertThat(log.describe().segments())
                    .allMatch(segment -> segment.lastOffset() - segment.baseOffset() <= 10 || segment.records() == 25);
            ledger.checkAndAdopt(log);
        }
    }

    @Test
    void a_given_offset_may_lie_beyond_the_reach_of_the_segment_and_of_two_to_the_32() {
        try (PartitionLog log = open()) {
            Commit commit = log.newCommit();
            long far = (1L << 32) + 3;
            commit.stageAt(1, 1, List.of(new LogRecord(3, 1, null, new byte[] {1}, List.of())), null);
            commit.stageAt(1, 2, List.of(new LogRecord(far, 2, null, new byte[] {2}, List.of())), null);
            commit.stageAt(7, 9, List.of(new LogRecord(1L << 62, 3, null, new byte[] {3}, List.of())), null);
            log.commit(commit);
            assertThat(log.read(0, 1000).records())
                    .extracting(LogRecord::offset)
                    .containsExactly(3L, far, 1L << 62);
            assertThat(log.read(4, 0).records().get(0).offset()).isEqualTo(far);
            assertThat(log.logEndOffset()).isEqualTo((1L << 62) + 1);
            assertThat(log.append(text(4, "next"))).isEqualTo((1L << 62) + 1);
        }
        try (PartitionLog log = open()) {
            assertThat(log.read(0, 1000).records()).hasSize(4);
        }
    }

    @Test
    void given_places_must_follow_the_log_and_a_refused_commit_changes_nothing() {
        try (PartitionLog log = open()) {
            Commit commit = log.newCommit();
            commit.stageAt(5, 10, List.of(new LogRecord(100, 1, null, new byte[] {1}, List.of())), null);
            log.commit(commit);
            LogDescription before = log.describe();
            assertThatThrownBy(() -> commitAt(log, 4, 11, 101)).isInstanceOf(LogException.StaleEpoch.class);
            assertThatThrownBy(() -> commitAt(log, 5, 10, 101)).isInstanceOf(LogException.InvalidBatch.class);
            assertThatThrownBy(() -> commitAt(log, 5, 11, 100)).isInstanceOf(LogException.InvalidBatch.class);
            assertThatThrownBy(() -> commitAt(log, 5, 11, Long.MAX_VALUE))
                    .isInstanceOf(LogException.InvalidBatch.class);
            assertThat(log.describe()).isEqualTo(before);
            commitAt(log, 6, 50, 200);
            assertThat(log.epoch()).isEqualTo(6);
            assertThat(log.read(101, 0).records().get(0).offset()).isEqualTo(200);
        }
    }

    private static void commitAt(PartitionLog log, long epoch, long sequence, long offset) {
        Commit commit = log.newCommit();
        commit.stageAt(epoch, sequence, List.of(new LogRecord(offset, 1, null, new byte[] {1}, List.of())), null);
        log.commit(commit);
    }

    @Test
    void a_commit_stores_many_batches_each_with_its_own_offsets_even_across_a_roll() {
        Ledger ledger = new Ledger();
        try (PartitionLog log = open()) {
            Commit commit = log.newCommit();
            for (int round = 0; round < 3; round++) {
                commit.clear();
                List<List<NewRecord>> batches = new ArrayList<>();
                for (int i = 0; i < 40; i++) {
                    batches.add(ledger.batch(1 + i % 5));
                    assertThat(commit.stage(batches.get(i))).isEqualTo(i);
                }
                log.commit(commit);
                assertThat(commit.storedBatches()).isEqualTo(40);
                for (int i = 0; i < 40; i++) {
                    ledger.acknowledge(commit.baseOffset(i), batches.get(i));
                }
            }
            assertThat(log.describe().segments()).hasSizeGreaterThan(2);
            ledger.checkAndAdopt(log);
        }
    }

    @Test
    void a_batch_over_the_limit_is_refused_before_anything_is_written_and_one_at_the_limit_is_not() {
        LogOptions options = options().withMaxBatchBytes(2048);
        try (PartitionLog log = PartitionLog.open(directory(), options)) {
            // 88 bytes of fixed fields, 7 of a record without key and headers whose value takes two bytes for its
            // length.
            int largest = 2048 - 88 - 6;
            log.append(NewRecord.of(1, new byte[largest]));
            LogException.BatchTooLarge refused = catchThrowableOfType(
                    LogException.BatchTooLarge.class, () -> log.append(NewRecord.of(1, new byte[largest + 1])));
            assertThat(refused.maxBatchBytes()).isEqualTo(2048);
            assertThat(refused.batchBytes()).isEqualTo(2056);
            assertThat(log.append(text(1, "fine"))).isEqualTo(1);
            assertThatThrownBy(() -> log.append(List.of())).isInstanceOf(LogException.InvalidBatch.class);
        }
        // Whoever opens it with a smaller limit can still read what is there.
        try (PartitionLog log = PartitionLog.open(directory(), options.withMaxBatchBytes(1024))) {
            assertThat(log.read(0, 1 << 20).records()).hasSize(2);
        }
    }

    @Test
    void the_first_offset_at_or_after_a_time_is_found_whatever_the_clock_did() {
        long[] times = {10, 20, 15, 15, 50, 40, 45, 50, 60, 5, 70, 70};
        try (PartitionLog log = open()) {
            for (int repeat = 0; repeat < 20; repeat++) {
                for (long time : times) {
                    log.append(text(time + repeat * 3, "x".repeat(30)));
                }
            }
            List<LogRecord> all = Ledger.readAll(log, 4096);
            for (long time = 0; time < 140; time++) {
                assertThat(log.offsetForTimestamp(time))
                        .as("first at or after %d", time)
                        .isEqualTo(scan(all, time));
            }
            log.deleteBefore(100);
            List<LogRecord> rest = Ledger.readAll(log, 4096);
            for (long time = 0; time < 140; time++) {
                assertThat(log.offsetForTimestamp(time))
                        .as("first left at or after %d", time)
                        .isEqualTo(scan(rest, time));
            }
        }
    }

    static OptionalLong scan(List<LogRecord> records, long time) {
        return records.stream()
                .filter(record -> record.timestamp() >= time)
                .mapToLong(LogRecord::offset)
                .findFirst();
    }

    @Test
    void the_description_adds_up() {
        try (PartitionLog log = open()) {
            LogDescription empty = log.describe();
            assertThat(empty.records()).isZero();
            assertThat(empty.minTimestamp()).isEqualTo(Long.MAX_VALUE);
            for (int i = 0; i < 100; i++) {
                log.append(text(500 - i, "value " + i));
            }
            LogDescription full = log.describe();
            assertThat(full.records()).isEqualTo(100);
            assertThat(full.minTimestamp()).isEqualTo(401);
            assertThat(full.maxTimestamp()).isEqualTo(500);
            assertThat(full.logEndOffset()).isEqualTo(100);
            assertThat(full.durableOffset()).isEqualTo(100);
            assertThat(full.state()).isEqualTo(LogState.READY);
            assertThat(full.segments().stream()
                            .mapToLong(SegmentDescription::bytes)
                            .sum())
                    .isEqualTo(full.bytes());
            assertThat(full.damage()).isEmpty();
        }
    }

    @Test
    void deleting_before_an_offset_survives_a_restart_and_gives_files_back() throws Exception {
        Ledger ledger = new Ledger();
        try (PartitionLog log = open()) {
            for (int i = 0; i < 100; i++) {
                ledger.append(log, 2);
            }
            int files = disk().list(directory()).size();
            assertThat(log.deleteBefore(150)).isEqualTo(150);
            ledger.deletedBefore(150);
            assertThat(disk().list(directory()).size()).isLessThan(files);
            assertThat(log.deleteBefore(100)).as("it never goes down").isEqualTo(150);
            assertThatThrownBy(() -> log.deleteBefore(201)).isInstanceOf(LogException.AboveLogEnd.class);
        }
        try (PartitionLog log = open()) {
            assertThat(log.logStartOffset()).isEqualTo(150);
            assertThat(log.read(150, 0).records().get(0).offset()).isEqualTo(150);
            ledger.checkAndAdopt(log);
            log.deleteBefore(200);
            assertThat(log.describe().records()).isZero();
            assertThat(log.append(text(1, "next"))).isEqualTo(200);
        }
        try (PartitionLog log = open()) {
            assertThat(Ledger.readAll(log, 100)).hasSize(1);
        }
    }

    @Test
    void a_deleted_log_leaves_nothing_and_one_created_in_its_place_is_empty() throws Exception {
        PartitionLog log = open();
        new Ledger().append(log, 20);
        log.delete();
        assertThat(disk().list(directory())).isEmpty();
        assertThatThrownBy(() -> log.read(0, 1)).isInstanceOf(LogException.Closed.class);
        assertThatThrownBy(() -> log.append(text(1, "x"))).isInstanceOf(LogException.Closed.class);
        log.close();
        try (PartitionLog again = open()) {
            assertThat(again.logEndOffset()).isZero();
            assertThat(again.recovery().created()).isTrue();
        }
        assertThat(PartitionLog.exists(directory(), options())).isTrue();
        assertThat(PartitionLog.delete(directory(), options())).isTrue();
        assertThat(PartitionLog.exists(directory(), options())).isFalse();
        assertThat(PartitionLog.delete(directory(), options())).isFalse();
    }

    @Test
    void a_second_owner_is_refused_until_the_first_is_gone() {
        PartitionLog first = open();
        assertThatThrownBy(this::open).isInstanceOf(LogException.Locked.class);
        assertThatThrownBy(() -> PartitionLog.delete(directory(), options())).isInstanceOf(LogException.Locked.class);
        first.append(text(1, "still mine"));
        first.close();
        first.close();
        open().close();
    }

    @Test
    void each_owner_has_a_greater_epoch_than_the_one_before() {
        long before = 0;
        for (int i = 0; i < 3; i++) {
            try (PartitionLog log = open()) {
                assertThat(log.epoch()).isGreaterThan(before);
                before = log.epoch();
                log.append(text(1, "x"));
            }
        }
    }

    @Test
    void a_log_of_another_id_refuses_to_open() {
        PartitionLog.open(directory(), options().withLogId(7)).close();
        assertThatThrownBy(() -> PartitionLog.open(directory(), options().withLogId(8)))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("0000000000000008");
        PartitionLog.open(directory(), options().withLogId(7)).close();
    }

    @Test
    void a_log_whose_deletion_was_interrupted_is_no_log_any_more_and_can_still_be_deleted() throws Exception {
        try (PartitionLog log = open()) {
            new Ledger().append(log, 20);
        }
        disk().rename(directory().resolve("manifest"), directory().resolve("manifest.deleted"));
        assertThat(PartitionLog.exists(directory(), options())).isFalse();
        assertThatThrownBy(() -> ObservedLog.open(directory(), options()))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("there is no log in");
        assertThat(PartitionLog.delete(directory(), options())).isTrue();
        assertThat(disk().list(directory())).isEmpty();
    }

    @Test
    void a_log_whose_creation_was_interrupted_is_no_log_yet() throws Exception {
        open().close();
        disk().delete(directory().resolve("manifest"));
        assertThat(PartitionLog.exists(directory(), options())).isFalse();
        try (PartitionLog log = open()) {
            assertThat(log.recovery().created()).isTrue();
        }
        assertThat(PartitionLog.exists(directory(), options())).isTrue();
    }

    @Test
    void an_observer_does_not_slip_from_a_deleted_log_into_the_one_created_in_its_place() {
        PartitionLog first = open();
        new Ledger().append(first, 20);
        ObservedLog observed = ObservedLog.open(directory(), options());
        first.delete();
        assertThatThrownBy(observed::refresh)
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("there is no log");
        try (PartitionLog second = open()) {
            new Ledger().append(second, 30);
            assertThatThrownBy(observed::refresh)
                    .isInstanceOf(LogException.Broken.class)
                    .hasMessageContaining("another one is in its place");
        }
        observed.close();
    }

    @Test
    void an_observer_sees_appends_rolls_and_deletions_of_a_living_owner() {
        Ledger ledger = new Ledger();
        try (PartitionLog log = open()) {
            ledger.append(log, 3);
            try (ObservedLog observed = ObservedLog.open(directory(), options())) {
                ledger.checkAndAdopt(observed);
                assertThat(observed.refresh()).isFalse();
                for (int i = 0; i < 120; i++) {
                    ledger.append(log, 1 + i % 3);
                    assertThat(observed.refresh()).isTrue();
                    assertThat(observed.describe().logEndOffset()).isEqualTo(ledger.nextOffset());
                    if (i % 10 == 0) {
                        ledger.checkAndAdopt(observed);
                    }
                }
                log.deleteBefore(60);
                ledger.deletedBefore(60);
                // Until it looks again it may go on reading files that it holds open, or be told that they are gone.
                Throwable old = catchThrowable(() -> observed.read(0, 100));
                assertThat(old == null || old instanceof LogException.BelowLogStart)
                        .as("%s", old)
                        .isTrue();
                observed.refresh();
                ledger.checkAndAdopt(observed);
                assertThatThrownBy(() -> observed.read(0, 100)).isInstanceOf(LogException.BelowLogStart.class);
            }
        }
        try (ObservedLog observed = ObservedLog.open(directory(), options())) {
            assertThat(observed.describe().state()).isEqualTo(LogState.CLEAN);
            ledger.checkAndAdopt(observed);
        }
    }

    @Test
    void there_is_nothing_to_observe_where_there_is_no_log() {
        assertThatThrownBy(() -> ObservedLog.open(directory(), options()))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("there is no log");
        assertThatThrownBy(() -> LogInspector.verify(directory(), options(), damage -> {}, bytes -> {}))
                .isInstanceOf(LogException.Broken.class);
    }

    @Test
    void a_sound_log_verifies_without_findings_open_or_closed() {
        Ledger ledger = new Ledger();
        try (PartitionLog log = open()) {
            for (int i = 0; i < 60; i++) {
                ledger.append(log, 2);
            }
            assertSound(ledger.size());
        }
        assertSound(ledger.size());
    }

    private void assertSound(int records) {
        List<Damage> findings = new ArrayList<>();
        LogInspector.Verified verified = LogInspector.verify(directory(), options(), findings::add, bytes -> {});
        assertThat(findings).isEmpty();
        assertThat(verified.records()).isEqualTo(records);
    }

    @Test
    void a_dump_shows_every_frame_in_order() {
        try (PartitionLog log = open()) {
            Ledger ledger = new Ledger();
            for (int i = 0; i < 60; i++) {
                ledger.append(log, 2);
            }
        }
        List<FrameDescription> frames = new ArrayList<>();
        LogInspector.dump(directory(), options(), 51, new LogInspector.FrameVisitor() {
            @Override
            public boolean frame(FrameDescription frame) {
                frames.add(frame);
                return frames.size() < 5;
            }

            @Override
            public boolean damage(Damage damage) {
                throw new AssertionError(damage);
            }
        });
        assertThat(frames).extracting(FrameDescription::baseOffset).containsExactly(50L, 52L, 54L, 56L, 58L);
        assertThat(frames.get(0).lastOffset()).isEqualTo(51);
        assertThat(frames.get(0).codec()).isEqualTo(options().compression().toString());
    }

    @Test
    void concurrent_appends_get_offsets_of_their_own_and_concurrent_readers_see_whole_batches() throws Exception {
        try (PartitionLog log = open()) {
            ExecutorService threads = Executors.newFixedThreadPool(4);
            List<Future<List<Long>>> appended = new ArrayList<>();
            for (int t = 0; t < 3; t++) {
                int thread = t;
                appended.add(threads.submit(() -> {
                    List<Long> offsets = new ArrayList<>();
                    for (int i = 0; i < 200; i++) {
                        String value = thread + ":" + i;
                        offsets.add(log.append(List.of(text(i, value), text(i, value))));
                    }
                    return offsets;
                }));
            }
            Future<Integer> reader = threads.submit(() -> {
                int seen = 0;
                long next = 0;
                while (next < 1200) {
                    ReadResult result = log.read(next, 2000);
                    List<LogRecord> records = result.records();
                    assertThat(records.size() % 2).as("half a batch").isZero();
                    seen += records.size();
                    next = result.nextOffset();
                }
                return seen;
            });
            List<Long> all = new ArrayList<>();
            for (Future<List<Long>> offsets : appended) {
                assertThat(offsets.get()).isSorted();
                all.addAll(offsets.get());
            }
            Collections.sort(all);
            for (int i = 0; i < all.size(); i++) {
                assertThat(all.get(i)).isEqualTo(2L * i);
            }
            assertThat(reader.get()).isEqualTo(1200);
            threads.shutdown();
        }
    }
}
