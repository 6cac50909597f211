package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.Commit.Outcome;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A batch can be made to depend on what its key holds, so that two who write to it cannot both succeed. */
class KeyConditionTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final byte[] KEY = "account".getBytes(StandardCharsets.UTF_8);

    private final SimDisk disk = new SimDisk(3);

    private PartitionLog open() {
        return PartitionLog.open(
                DIRECTORY,
                LogOptions.defaults()
                        .withDisk(disk)
                        .withClock(new ManualClock())
                        .withKeyMemoryBytes(1 << 20)
                        .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(1024)));
    }

    private static List<NewRecord> record(long sequence) {
        return List.of(new NewRecord(1, KEY, sequence, new byte[40], List.of()));
    }

    private static KeyCondition highest(long sequence) {
        return new KeyCondition(KEY, sequence);
    }

    private static Commit.Outcome append(PartitionLog log, long sequence, long expected) {
        Commit commit = log.newCommit();
        commit.stageIf(record(sequence), highest(expected));
        log.commit(commit);
        return commit.outcome(0);
    }

    @Test
    void of_two_who_believe_to_be_the_only_writer_the_second_is_told_what_the_key_holds() {
        try (PartitionLog log = open()) {
            Commit commit = log.newCommit();
            commit.stageIf(record(1), highest(0));
            commit.stageIf(record(1), highest(0));
            commit.stageIf(record(2), highest(1));
            log.commit(commit);
            assertThat(List.of(commit.outcome(0), commit.outcome(1), commit.outcome(2)))
                    .containsExactly(Outcome.STORED, Outcome.REFUSED, Outcome.STORED);
            assertThat(commit.refusal(1)).isInstanceOfSatisfying(LogException.KeyConflict.class, conflict -> {
                assertThat(conflict.expectedSequence()).isZero();
                assertThat(conflict.highestSequence()).isEqualTo(1);
            });
            assertThat(log.keys().read(KEY, 0, 0, 1 << 20).records()).hasSize(2);
        }
    }

    @Test
    void what_was_sent_behind_a_batch_that_is_not_stored_is_not_stored_either() {
        try (PartitionLog log = open()) {
            assertThat(append(log, 1, 0)).isEqualTo(Outcome.STORED);
            // 2 never came; 3 knows that it comes behind it.
            assertThat(append(log, 3, 2)).isEqualTo(Outcome.REFUSED);
            assertThat(log.keys().state(KEY).highestSequence()).isEqualTo(1);
            // A gap that the writer means is another matter.
            assertThat(append(log, 3, 1)).isEqualTo(Outcome.STORED);
        }
    }

    @Test
    void a_judgement_that_rests_on_a_batch_which_failed_is_void() {
        try (PartitionLog log = open()) {
            disk.inject(Fault.at(1, operation -> operation.kind() == Operation.Kind.SYNC, Fault.Effect.IO_ERROR));
            Commit commit = log.newCommit();
            commit.stageIf(record(1), highest(0));
            commit.stageIf(record(1), highest(0));
            assertThatThrownBy(() -> log.commit(commit)).isInstanceOf(LogException.OutcomeUnknown.class);
            assertThat(commit.outcome(1)).isEqualTo(Outcome.UNSETTLED);
        }
    }

    @Test
    void conditions_hold_across_rolls_deletions_and_restarts_until_the_key_is_forgotten() {
        try (PartitionLog log = open()) {
            for (long sequence = 1; sequence <= 100; sequence++) {
                assertThat(append(log, sequence, sequence - 1)).isEqualTo(Outcome.STORED);
            }
            log.keys().deleteTo(KEY, Long.MAX_VALUE);
        }
        try (PartitionLog log = open()) {
            assertThat(append(log, 1, 0)).isEqualTo(Outcome.REFUSED);
            Commit commit = log.newCommit();
            commit.stageIf(record(101), highest(100));
            commit.stageForgetting(KEY, 1);
            commit.stageIf(record(1), highest(0));
            log.commit(commit);
            assertThat(commit.storedBatches()).isEqualTo(3);
            assertThat(log.keys().state(KEY).highestSequence()).isEqualTo(1);
            assertThat(log.keys().read(KEY, 0, 0, 1 << 20).records()).hasSize(1);
        }
    }

    @Test
    void a_condition_on_a_hot_key_reads_the_disk_once() {
        try (PartitionLog log = open()) {
            append(log, 1, 0);
        }
        try (PartitionLog log = open()) {
            append(log, 2, 1);
            long before = disk.count(Operation.Kind.READ);
            assertThat(append(log, 3, 2)).isEqualTo(Outcome.STORED);
            assertThat(append(log, 4, 2)).isEqualTo(Outcome.REFUSED);
            assertThat(disk.count(Operation.Kind.READ)).isEqualTo(before);
        }
    }

    @Test
    void a_staged_deletion_shares_a_commit_with_appends() {
        try (PartitionLog log = open()) {
            Commit commit = log.newCommit();
            commit.stageIf(record(1), highest(0));
            commit.stageIf(record(2), highest(1));
            commit.stageDeletion(KEY, 1, 2, 1);
            long syncs = disk.count(Operation.Kind.SYNC);
            log.commit(commit);
            assertThat(disk.count(Operation.Kind.SYNC)).isEqualTo(syncs + 1);
            assertThat(log.keys().state(KEY)).isEqualTo(new KeyState(2, 1, 1));
            assertThat(log.keys().read(KEY, 0, 0, 1 << 20).records()).hasSize(1);
        }
    }

    @Test
    void a_log_that_finds_no_records_by_key_takes_no_conditions() {
        try (PartitionLog log =
                PartitionLog.open(DIRECTORY, LogOptions.defaults().withDisk(disk))) {
            Commit commit = log.newCommit();
            assertThatThrownBy(() -> commit.stageIf(record(1), highest(0)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("keyMemoryBytes");
            assertThat(commit.batches()).isZero();
        }
    }
}
