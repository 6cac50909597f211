package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.Manifest;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.Operation.Kind;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every number with a limit, at the limit and one beyond; and what must not grow with the number of segments. */
class LimitsTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(41);

    private LogOptions options() {
        return LogOptions.defaults().withDisk(disk).withClock(clock);
    }

    private PartitionLog open() {
        return PartitionLog.open(DIRECTORY, options());
    }

    private static LogRecord at(long offset) {
        return new LogRecord(offset, 7, null, new byte[] {1, 2, 3}, List.of());
    }

    private static void commitAt(PartitionLog log, long epoch, long sequence, LogRecord... records) {
        Commit commit = log.newCommit();
        commit.stageAt(epoch, sequence, List.of(records), null);
        log.commit(commit);
    }

    private void assertSound() {
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(DIRECTORY, options(), findings::add, bytes -> {});
        assertThat(findings).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void the_last_offset_of_all_is_stored_and_read_and_none_is_given_behind_it(boolean closed) {
        long last = Long.MAX_VALUE - 1;
        PartitionLog log = open();
        log.append(NewRecord.of(1, new byte[] {9}));
        assertThatThrownBy(() -> commitAt(log, 1, 2, at(Long.MAX_VALUE))).isInstanceOf(LogException.InvalidBatch.class);
        commitAt(log, 1, 2, at(last - 1), at(last));
        clock.advance(Duration.ofSeconds(1));
        log.housekeep();
        assertThatThrownBy(() -> log.append(NewRecord.of(1, new byte[0])))
                .isInstanceOf(LogException.InvalidBatch.class)
                .hasMessageContaining("used up");
        if (closed) {
            log.close();
        } else {
            disk.kill();
            disk.restart();
        }
        try (ObservedLog observed = ObservedLog.open(DIRECTORY, options())) {
            assertThat(observed.describe().logEndOffset()).isEqualTo(Long.MAX_VALUE);
            assertThat(observed.read(1, 1000).records())
                    .extracting(LogRecord::offset)
                    .containsExactly(last - 1, last);
        }
        try (PartitionLog again = open()) {
            assertThat(again.recovery().damage()).isEmpty();
            assertThat(again.logEndOffset()).isEqualTo(Long.MAX_VALUE);
            assertThat(again.read(last, 0).records().get(0)).isEqualTo(at(last));
            assertThat(again.read(Long.MAX_VALUE, 0).isEmpty()).isTrue();
            assertThat(again.offsetForTimestamp(7)).hasValue(last - 1);
            assertThat(again.state()).isEqualTo(LogState.READY);
            assertSound();
            assertThat(again.deleteBefore(Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
            assertThat(again.describe().records()).isZero();
            assertThatThrownBy(() -> again.append(NewRecord.of(1, new byte[0])))
                    .isInstanceOf(LogException.InvalidBatch.class);
        }
        try (PartitionLog again = open()) {
            assertThat(again.logStartOffset()).isEqualTo(Long.MAX_VALUE);
            assertThat(again.offsetForTimestamp(0)).isEmpty();
        }
        assertSound();
    }

    @Test
    void a_given_epoch_and_sequence_leave_room_for_those_who_go_on_counting() {
        long greatest = 1L << 62;
        try (PartitionLog log = open()) {
            assertThatThrownBy(() -> commitAt(log, greatest + 1, 1, at(0)))
                    .isInstanceOf(LogException.InvalidBatch.class);
            assertThatThrownBy(() -> commitAt(log, 1, greatest + 1, at(0)))
                    .isInstanceOf(LogException.InvalidBatch.class);
            commitAt(log, greatest, greatest, at(0));
            assertThatThrownBy(() -> commitAt(log, greatest - 1, greatest, at(1)))
                    .isInstanceOf(LogException.StaleEpoch.class);
            assertThat(log.append(NewRecord.of(1, new byte[0]))).isEqualTo(1);
        }
        PartitionLog log = open();
        log.append(NewRecord.of(1, new byte[0]));
        disk.kill();
        disk.restart();
        try (PartitionLog again = open()) {
            assertThat(again.recovery().quarantinedBytes()).isZero();
            assertThat(again.logEndOffset()).isEqualTo(3);
        }
        assertSound();
    }

    @Test
    void a_batch_and_a_segment_span_two_to_the_31_offsets_and_no_more() {
        long span = Integer.MAX_VALUE;
        try (PartitionLog log = open()) {
            Commit commit = log.newCommit();
            assertThatThrownBy(() -> commit.stageAt(1, 1, List.of(at(0), at(span + 1)), null))
                    .isInstanceOf(LogException.InvalidBatch.class);
            commit.stageAt(1, 1, List.of(at(0), at(span)), null);
            log.commit(commit);
            assertThat(log.describe().segments()).hasSize(1);
            commitAt(log, 1, 2, at(span + 1));
            assertThat(log.describe().segments())
                    .extracting(SegmentDescription::baseOffset)
                    .containsExactly(0L, span + 1);
            commitAt(log, 1, 3, at(2 * span + 1));
            assertThat(log.describe().segments()).hasSize(2);
            commitAt(log, 1, 4, at(2 * span + 2));
            assertThat(log.describe().segments()).hasSize(3);
        }
        try (PartitionLog log = open()) {
            for (long offset : new long[] {0, span, span + 1, 2 * span + 1, 2 * span + 2}) {
                assertThat(log.read(offset, 0).records().get(0)).isEqualTo(at(offset));
            }
            assertThat(log.read(1, 0).records().get(0)).isEqualTo(at(span));
        }
        assertSound();
    }

    @Test
    void an_index_reaches_over_the_whole_span_of_a_segment() {
        long step = Integer.MAX_VALUE / 40;
        try (PartitionLog log = open()) {
            for (int i = 0; i <= 40; i++) {
                commitAt(log, 1, i + 1, new LogRecord(i * step, i, null, new byte[1000], List.of()));
            }
            assertThat(log.describe().segments()).hasSize(1);
        }
        for (boolean withIndex : new boolean[] {true, false}) {
            if (!withIndex) {
                disk.remove(DIRECTORY.resolve("00000000000000000000.index"));
            }
            try (PartitionLog log = open()) {
                for (int i = 40; i > 0; i--) {
                    assertThat(log.read((i - 1) * step + 1, 0).records().get(0).offset())
                            .isEqualTo(i * step);
                    assertThat(log.offsetForTimestamp(i)).hasValue(i * step);
                }
            }
        }
        assertSound();
    }

    @Test
    void a_batch_that_fills_a_segment_to_the_byte_goes_into_it_and_one_more_word_does_not() {
        LogOptions options = options().withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(1024));
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            // A header of 512, two frames of 88 and a body each: the second has 424 left.
            log.append(NewRecord.of(1, new byte[] {1}));
            assertThat(log.describe().bytes()).isEqualTo(512 + 96);
            int fits = 1024 - 512 - 96 - 88 - 6;
            log.append(NewRecord.of(1, new byte[fits]));
            assertThat(log.describe().segments()).hasSize(1);
            assertThat(log.describe().bytes()).isEqualTo(1024);
            clock.advance(Duration.ofSeconds(1));
            log.housekeep();
            assertThat(log.describe().bytes()).as("no mark beyond the size").isEqualTo(1024);
            log.roll();
            log.append(NewRecord.of(1, new byte[] {1}));
            log.append(NewRecord.of(1, new byte[fits + 1]));
            assertThat(log.describe().segments()).hasSize(3);
        }
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            assertThat(Ledger.readAll(log, 100)).hasSize(4);
        }
        assertSound();
    }

    @Test
    void a_batch_of_the_default_limit_is_stored_and_one_byte_more_is_refused_before_it_is_copied() {
        int largest = LogOptions.DEFAULT_MAX_BATCH_BYTES - 88 - 8;
        try (PartitionLog log = open()) {
            byte[] value = new byte[largest + 1];
            value[largest - 1] = 5;
            assertThatThrownBy(() -> log.append(NewRecord.of(1, value))).isInstanceOf(LogException.BatchTooLarge.class);
            log.append(NewRecord.of(1, java.util.Arrays.copyOf(value, largest)));
            assertThat(log.read(0, 0).records().get(0).value()).hasSize(largest).endsWith(5);
        }
        assertSound();
    }

    @Test
    void options_out_of_their_bounds_are_refused() {
        LogOptions options = options();
        for (int bytes : new int[] {1023, 0, -1, (256 << 20) + 1, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> options.withMaxBatchBytes(bytes)).isInstanceOf(IllegalArgumentException.class);
        }
        options.withMaxBatchBytes(1024).withMaxBatchBytes(256 << 20);
        for (long bytes : new long[] {1023, 0, -1, (1 << 30) + 1L, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> RollPolicy.DEFAULT.withSegmentBytes(bytes))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        RollPolicy.DEFAULT.withSegmentBytes(1024).withSegmentBytes(1 << 30);
        for (long span : new long[] {0, -1, 1L << 31}) {
            assertThatThrownBy(() -> RollPolicy.DEFAULT.withMaxOffsetSpan(span))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        Duration century = SyncPolicy.LONGEST_DELAY;
        for (Duration delay : List.of(Duration.ZERO, Duration.ofNanos(-1), century.plusNanos(1))) {
            assertThatThrownBy(() -> options.withMarkDelay(delay)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> SyncPolicy.everyNWrites(1, delay)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> SyncPolicy.everyNWrites(0, century)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.withIndexCacheBytes(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void delays_and_ages_that_never_end_never_end() {
        LogOptions options = options()
                .withMarkDelay(SyncPolicy.LONGEST_DELAY)
                .withSyncPolicy(SyncPolicy.everyNWrites(Integer.MAX_VALUE, SyncPolicy.LONGEST_DELAY))
                .withRollPolicy(RollPolicy.DEFAULT.withMaxAge(Duration.ofSeconds(Long.MAX_VALUE)));
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            for (int i = 0; i < 3; i++) {
                log.append(NewRecord.of(1, new byte[] {1}));
                clock.advance(Duration.ofDays(3650));
                assertThat(log.housekeep()).isPositive();
            }
            assertThat(log.state()).isEqualTo(LogState.READY);
            assertThat(log.durableOffset()).isZero();
            assertThat(log.describe().segments()).hasSize(1);
        }
    }

    /** A log of so many segments of one record each, on the simulated disk, closed cleanly. */
    private LogOptions closedLog(int segments) {
        LogOptions options = options().withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(1024));
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            for (int i = 0; i < segments; i++) {
                log.append(NewRecord.of(i, new byte[400]));
            }
            assertThat(log.describe().segments()).hasSize(segments);
        }
        return options;
    }

    @Test
    void opening_after_a_clean_close_reads_no_segment_but_the_header_of_the_last_however_many_there_are() {
        LogOptions options = closedLog(1001);
        disk.recordOperations();
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            assertThat(log.recovery().clean()).isTrue();
            assertThat(log.recovery().bytesScanned()).isZero();
        }
        List<Operation> reads = disk.operations().stream()
                .filter(operation -> operation.kind() == Kind.READ)
                .toList();
        assertThat(reads.stream().filter(operation -> operation.on(".log")).toList())
                .as("reads of segments")
                .hasSize(1)
                .allMatch(operation -> operation.on("00000000000000001000.log") && operation.length() == 512);
        assertThat(reads.stream()
                        .map(operation -> operation.path().getFileName().toString())
                        .toList())
                .containsExactlyInAnyOrder(
                        "manifest",
                        "00000000000000001000.log",
                        "00000000000000001000.index",
                        "00000000000000001000.timeindex",
                        "00000000000000001000.producers");
        assertThat(disk.operations())
                .as("operations in all, opening and closing")
                .hasSizeLessThan(50);
    }

    @Test
    void a_read_and_a_search_by_time_open_one_segment_of_a_thousand() {
        LogOptions options = closedLog(1001);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            disk.recordOperations();
            log.read(500, 0);
            assertThat(opened())
                    .containsExactlyInAnyOrder(
                            "00000000000000000500.log", "00000000000000000500.index", "00000000000000000500.timeindex");
            disk.forgetOperations();
            assertThat(log.offsetForTimestamp(700)).hasValue(700);
            assertThat(opened())
                    .containsExactlyInAnyOrder(
                            "00000000000000000700.log", "00000000000000000700.index", "00000000000000000700.timeindex");
        }
    }

    private List<String> opened() {
        return disk.operations().stream()
                .filter(operation -> operation.kind() == Kind.OPEN)
                .map(operation -> operation.path().getFileName().toString())
                .collect(Collectors.toList());
    }

    @Test
    void a_read_and_a_search_by_time_read_a_few_kilobytes_of_a_large_segment() {
        try (PartitionLog log = open()) {
            for (int i = 0; i < 20_000; i++) {
                log.append(NewRecord.of(i, new byte[150]));
            }
            assertThat(log.describe().bytes()).isGreaterThan(4 << 20);
            log.roll();
            log.read(0, 0);
            disk.recordOperations();
            for (int offset = 0; offset < 20_000; offset += 997) {
                disk.forgetOperations();
                assertThat(log.read(offset, 0).records().get(0).offset()).isEqualTo(offset);
                assertThat(log.offsetForTimestamp(offset)).hasValue(offset);
                assertThat(disk.operations().stream()
                                .filter(operation -> operation.kind() == Kind.READ)
                                .mapToLong(Operation::length)
                                .sum())
                        .isLessThanOrEqualTo(32 << 10);
            }
        }
    }

    @Test
    void a_manifest_holds_a_hundred_thousand_segments() {
        List<Manifest.Segment> segments = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            segments.add(new Manifest.Segment(i + 1, i * 10L, 1024, i * 10L + 9, 10, i, i + 1, 5));
        }
        Manifest manifest = new Manifest(1, 2, 3, 4, 1024, 100_001, segments, List.of());
        Manifest.Decoded decoded = Manifest.decode(manifest.encode());
        assertThat(decoded.problems()).isEmpty();
        assertThat(decoded.manifest()).isEqualTo(manifest);
    }

    /** A measurement, printed; the bound is wide, for what it runs on is not known. */
    @Tag("soak")
    @Test
    void a_thousand_sealed_segments_on_the_real_disk_open_fast(@TempDir Path directory) {
        LogOptions options = LogOptions.defaults()
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(1024))
                .withSyncPolicy(SyncPolicy.none());
        try (PartitionLog log = PartitionLog.open(directory, options)) {
            for (int i = 0; i < 1001; i++) {
                log.append(NewRecord.of(i, new byte[400]));
            }
        }
        List<Double> millis = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            long start = System.nanoTime();
            PartitionLog log = PartitionLog.open(directory, options);
            millis.add((System.nanoTime() - start) / 1e6);
            assertThat(log.describe().segments()).hasSize(1001);
            log.close();
        }
        System.out.printf(
                "opening a log of 1,000 sealed segments after a clean close: first %.1f ms, median %.1f ms, worst %.1f ms%n",
                millis.get(0),
                millis.stream().sorted().skip(millis.size() / 2).findFirst().orElseThrow(),
                millis.stream().max(Double::compare).orElseThrow());
        assertThat(millis).allMatch(time -> time < 5_000);
    }

    @Tag("soak")
    @Test
    void a_segment_of_the_greatest_size_is_filled_and_read_to_its_last_record(@TempDir Path directory) {
        LogOptions options = LogOptions.defaults().withSyncPolicy(SyncPolicy.none());
        byte[] value = new byte[4 << 20];
        long count;
        try (PartitionLog log = PartitionLog.open(directory, options)) {
            while (log.describe().segments().size() < 2) {
                log.append(NewRecord.of(log.logEndOffset(), value));
            }
            count = log.logEndOffset();
            SegmentDescription full = log.describe().segments().get(0);
            assertThat(full.bytes()).isBetween((1L << 30) - value.length - 1000, 1L << 30);
        }
        try (PartitionLog log = PartitionLog.open(directory, options)) {
            for (long offset = count - 1; offset >= 0; offset -= 17) {
                assertThat(log.read(offset, 0).records().get(0).offset()).isEqualTo(offset);
                assertThat(log.offsetForTimestamp(offset)).hasValue(offset);
            }
        }
    }
}
