package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.compaction.CompactionPolicy.Keep;
import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What compaction takes out of a log, and what it leaves just as it was. */
class CompactionTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final CompactionPolicy LATEST = CompactionPolicy.of(Keep.LATEST_OF_KEY);
    private static final CompactionPolicy UNDELETED = CompactionPolicy.of(Keep.UNDELETED);

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(1);

    private LogOptions options() {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withKeyMemoryBytes(1 << 20)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(4096));
    }

    private PartitionLog open() {
        return PartitionLog.open(DIRECTORY, options());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private NewRecord record(String key, long sequence, String value) {
        return new NewRecord(
                clock.wallMillis(),
                key == null ? null : bytes(key),
                sequence,
                value == null ? null : bytes(value),
                List.of());
    }

    private NewRecord record(String key, String value) {
        return record(key, 0, value);
    }

    private static List<Long> offsets(ReadableLog log) {
        return Ledger.readAll(log, 700).stream().map(LogRecord::offset).toList();
    }

    private static CompactionResult compact(PartitionLog log, CompactionPolicy policy) {
        return log.compact(policy, bytes -> {});
    }

    private void verifyFindsNothing() {
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(DIRECTORY, options(), findings::add, bytes -> {});
        assertThat(findings).isEmpty();
    }

    @Test
    void only_the_last_record_of_each_key_stays_and_it_stays_as_it_was() {
        try (PartitionLog log = open()) {
            for (int i = 0; i < 100; i++) {
                log.append(record("key-" + i % 5, "value " + i));
            }
            log.roll();
            List<LogRecord> before = Ledger.readAll(log, 700);
            CompactionResult result = compact(log, LATEST);
            assertThat(result.records()).isEqualTo(95);
            assertThat(Ledger.readAll(log, 700)).isEqualTo(before.subList(95, 100));
            assertThat(log.logEndOffset()).isEqualTo(100);
            assertThat(log.logStartOffset()).isZero();
            assertThat(log.describe().segments()).hasSize(3);
            assertThat(log.append(record("key-0", "new"))).isEqualTo(100);
            for (int key = 0; key < 5; key++) {
                assertThat(log.keys().read(bytes("key-" + key), 0, 0, 1000).records())
                        .contains(before.get(95 + key));
            }
            verifyFindsNothing();
        }
        try (PartitionLog log = open()) {
            assertThat(log.recovery().clean()).isTrue();
            assertThat(offsets(log)).containsExactly(95L, 96L, 97L, 98L, 99L, 100L);
            verifyFindsNothing();
        }
    }

    @Test
    void records_without_a_key_stay() {
        try (PartitionLog log = open()) {
            for (int i = 0; i < 20; i++) {
                log.append(List.of(record("a", "x" + i), record(null, "y" + i)));
            }
            log.roll();
            compact(log, LATEST.withMinDeadShare(0));
            assertThat(Ledger.readAll(log, 700)).hasSize(21);
            verifyFindsNothing();
        }
    }

    @Test
    void a_batch_loses_some_of_its_records_and_keeps_its_codec() {
        LogOptions lz4 = options().withCompression(Compression.LZ4);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, lz4)) {
            List<NewRecord> batch = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                batch.add(record("key-" + i, "a value that repeats itself repeats itself repeats itself"));
            }
            log.append(batch);
            log.append(batch.subList(0, 5));
            log.roll();
            compact(log, LATEST.withMinDeadShare(0.1));
            assertThat(offsets(log)).containsExactly(5L, 6L, 7L, 8L, 9L, 10L, 11L, 12L, 13L, 14L);
            List<FrameDescription> frames = FrameList.of(DIRECTORY, lz4).frames();
            assertThat(frames).extracting(FrameDescription::codec).containsOnly("lz4");
            assertThat(frames.get(0).baseOffset()).isZero();
            assertThat(frames.get(0).sequence()).isEqualTo(1);
            assertThat(log.read(0, 10).records().get(0).offset()).isEqualTo(5);
            verifyFindsNothing();
        }
    }

    @Test
    void a_deletion_takes_the_records_that_it_covers_and_the_highest_sequence_stays_known() {
        try (PartitionLog log = open()) {
            for (int i = 1; i <= 40; i++) {
                log.append(record("entity", i, "event " + i));
            }
            log.append(record("other", 1, "stays"));
            log.keys().deleteTo(bytes("entity"), 10);
            log.keys().deleteTo(bytes("entity"), 40);
            log.roll();
            compact(log, UNDELETED);
            assertThat(Ledger.readAll(log, 700))
                    .extracting(r -> new String(r.key(), StandardCharsets.UTF_8))
                    .containsExactly("other");
            assertThat(log.keys().state(bytes("entity")).highestSequence()).isEqualTo(40);
            assertThat(log.keys().state(bytes("entity")).deletedTo()).isEqualTo(40);
        }
        disk.remove(DIRECTORY.resolve("keydirectory"));
        disk.names(DIRECTORY).stream()
                .filter(name -> name.endsWith(".keys"))
                .forEach(name -> disk.remove(DIRECTORY.resolve(name)));
        try (PartitionLog log = open()) {
            assertThat(log.keys().state(bytes("entity")).highestSequence()).isEqualTo(40);
            assertThat(log.keys().state(bytes("entity")).deletedTo()).isEqualTo(40);
            assertThat(log.keys().read(bytes("entity"), 0, 0, 1000).records()).isEmpty();
        }
    }

    @Test
    void a_key_that_was_forgotten_leaves_nothing_behind_not_even_that_it_was() {
        try (PartitionLog log = open()) {
            for (int i = 1; i <= 60; i++) {
                log.append(record("entity", i, "event " + i));
            }
            log.keys().deleteTo(bytes("entity"), 30);
            log.append(record("other", 1, "stays"));
            log.keys().forget(bytes("entity"));
            log.append(record("entity", 1, "a new life"));
            log.roll();
            compact(log, UNDELETED);
            compact(log, UNDELETED.withMinDeadShare(0));
            assertThat(Ledger.readAll(log, 700)).hasSize(2);
            assertThat(FrameList.of(DIRECTORY, options()).frames()).noneMatch(FrameDescription::control);
        }
        disk.remove(DIRECTORY.resolve("keydirectory"));
        try (PartitionLog log = open()) {
            assertThat(log.keys().state(bytes("entity")).highestSequence()).isEqualTo(1);
        }
    }

    @Test
    void a_tombstone_goes_when_it_is_old_and_nothing_is_left_to_delete() {
        try (PartitionLog log = open()) {
            for (int i = 0; i < 20; i++) {
                log.append(record("a", "x" + i));
            }
            log.append(record("a", null));
            log.append(record("b", 7, null));
            log.roll();
            compact(log, LATEST);
            assertThat(offsets(log)).containsExactly(20L, 21L);
            clock.advance(Duration.ofDays(2));
            compact(log, LATEST.withMinDeadShare(0));
            // The other one alone knows of sequence 7.
            assertThat(offsets(log)).containsExactly(21L);
            assertThat(log.keys().state(bytes("b")).highestSequence()).isEqualTo(7);
        }
    }

    @Test
    void the_highest_sequence_of_a_key_is_not_lost_with_a_record_that_is_not_the_last() {
        try (PartitionLog log = open()) {
            for (int i = 1; i <= 30; i++) {
                log.append(record("a", i, "x"));
            }
            log.roll();
            log.append(record("a", 3, "an old revision comes late"));
            log.roll();
            compact(log, LATEST);
            assertThat(offsets(log)).containsExactly(29L, 30L);
        }
        disk.remove(DIRECTORY.resolve("keydirectory"));
        try (PartitionLog log = open()) {
            assertThat(log.keys().state(bytes("a")).highestSequence()).isEqualTo(30);
        }
    }

    @Test
    void a_segment_in_which_nothing_is_alive_goes_as_a_whole_and_the_log_opens_without_it() {
        List<Removal> heard = new ArrayList<>();
        try (PartitionLog log = open()) {
            log.listen(heard::add);
            for (int i = 0; i < 100; i++) {
                log.append(record("a", "x" + i));
            }
            int segments = log.describe().segments().size();
            assertThat(segments).isGreaterThan(2);
            CompactionResult result = compact(log, LATEST);
            assertThat(result.dropped()).isEqualTo(segments - 1);
            assertThat(heard).hasSize(segments - 1).allMatch(r -> r.reason() == Removal.Reason.COMPACTION);
            assertThat(heard.stream().mapToLong(Removal::bytes).sum()).isEqualTo(result.bytesReclaimed());
            assertThat(log.read(0, 10).records().get(0).offset())
                    .isEqualTo(log.describe().segments().get(0).baseOffset());
            assertThat(log.describe().segments()).hasSize(1);
            assertThat(disk.names(DIRECTORY).stream().filter(name -> name.endsWith(".log")))
                    .hasSize(1);
        }
        try (PartitionLog log = open()) {
            assertThat(log.append(record("a", "y"))).isEqualTo(100);
        }
    }

    @Test
    void a_repetition_is_told_after_compaction_took_the_batch_even_if_all_notes_of_producers_are_lost() {
        long first;
        try (PartitionLog log = open()) {
            for (int i = 0; i < 60; i++) {
                log.append(List.of(record("a", "x" + i)), new Producer(5, (short) 0, i));
            }
            log.roll();
            first = log.append(record("a", "not by the producer"));
            log.roll();
            compact(log, LATEST);
            assertThat(offsets(log)).containsExactly(first);
        }
        disk.names(DIRECTORY).stream()
                .filter(name -> name.endsWith(".producers"))
                .forEach(name -> disk.remove(DIRECTORY.resolve(name)));
        try (PartitionLog log = open()) {
            assertThat(log.append(List.of(record("a", "x59")), new Producer(5, (short) 0, 59)))
                    .isEqualTo(59);
            assertThat(log.append(List.of(record("a", "x60")), new Producer(5, (short) 0, 60)))
                    .isEqualTo(first + 1);
            verifyFindsNothing();
        }
    }

    @Test
    void a_segment_that_is_not_dead_enough_is_not_touched() {
        try (PartitionLog log = open()) {
            for (int i = 0; i < 10; i++) {
                log.append(record("key-" + i % 8, "x" + i));
            }
            log.roll();
            assertThat(compact(log, LATEST).bytesRead()).isZero();
            assertThat(compact(log, LATEST.withMinDeadShare(0.15)).records()).isEqualTo(2);
        }
    }

    @Test
    void a_segment_that_cannot_have_become_dead_enough_is_not_looked_at_again() {
        try (PartitionLog log = open()) {
            for (int i = 1; i <= 10; i++) {
                log.append(record("numbered", i, "x" + i));
            }
            log.append(record("a", "x"));
            log.roll();
            compact(log, UNDELETED);
            disk.forgetOperations();
            log.append(record("a", "y"));
            compact(log, UNDELETED);
            assertThat(disk.count(Operation.Kind.READ)).isZero();
            log.keys().deleteTo(bytes("numbered"), 10);
            assertThat(compact(log, UNDELETED).records()).isEqualTo(10);
        }
    }

    @Test
    void a_deletion_that_shares_a_commit_has_segments_looked_at_again() {
        try (PartitionLog log = open()) {
            for (int i = 1; i <= 10; i++) {
                log.append(record("numbered", i, "x" + i));
            }
            log.roll();
            assertThat(compact(log, UNDELETED).records()).isZero();
            Commit commit = log.newCommit();
            commit.stageDeletion(bytes("numbered"), 10, 10, 1);
            log.commit(commit);
            assertThat(compact(log, UNDELETED).records()).isEqualTo(10);
        }
    }

    @Test
    void what_was_forgotten_goes_although_its_key_is_used_again() {
        try (PartitionLog log = open()) {
            for (int i = 1; i <= 10; i++) {
                log.append(record("a", i, "x" + i));
            }
            log.roll();
            log.keys().forget(bytes("a"));
            log.roll();
            log.append(record("a", 1, "y"));
            assertThat(compact(log, UNDELETED).records()).isGreaterThanOrEqualTo(10);
            assertThat(offsets(log)).containsExactly(11L);
            verifyFindsNothing();
        }
    }

    @Test
    void a_damaged_segment_is_left_as_it_is_and_the_others_are_compacted() {
        try (PartitionLog log = open()) {
            for (int i = 0; i < 100; i++) {
                log.append(record("key-" + i % 3, "x" + i));
            }
            log.roll();
            SegmentDescription second = log.describe().segments().get(1);
            disk.flipBit(DIRECTORY.resolve(second.file()), 8 * (second.bytes() / 2));
            byte[] before = disk.bytes(DIRECTORY.resolve(second.file()));
            CompactionResult result = compact(log, LATEST);
            assertThat(result.leftAlone())
                    .extracting(CompactionResult.LeftAlone::file)
                    .containsExactly(second.file());
            assertThat(disk.bytes(DIRECTORY.resolve(second.file()))).isEqualTo(before);
            assertThat(log.describe().damage()).isNotEmpty();
            assertThat(log.describe().segments().stream()
                            .mapToLong(SegmentDescription::records)
                            .sum())
                    .isEqualTo(second.records() + 3);
        }
    }

    @Test
    void a_log_that_does_not_know_its_keys_refuses_to_be_compacted() {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options().withKeyMemoryBytes(0))) {
            assertThatThrownBy(() -> compact(log, LATEST)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void the_space_comes_back_also_from_under_readers_when_they_are_done() {
        try (PartitionLog log = open()) {
            for (int i = 0; i < 200; i++) {
                log.append(record("key-" + i % 5, "value " + i));
            }
            log.roll();
            Ledger.readAll(log, 700);
            long before = sizeOnDisk();
            CompactionResult result = compact(log, LATEST);
            assertThat(before - sizeOnDisk()).isGreaterThanOrEqualTo(result.bytesReclaimed());
            assertThat(disk.openDeletedFiles()).isZero();
        }
        assertThat(disk.openFiles()).isZero();
    }

    private long sizeOnDisk() {
        return disk.names(DIRECTORY).stream()
                .mapToLong(name -> disk.bytes(DIRECTORY.resolve(name)).length)
                .sum();
    }
}
