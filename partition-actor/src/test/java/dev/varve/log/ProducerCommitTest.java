package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.log.Commit.Outcome;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Fault.Effect;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation.Kind;
import dev.varve.log.testkit.SimDisk;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a log does with batches that name their producer: the right one is written, a repetition answered, others refused, each alone. */
class ProducerCommitTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final int MAX = Integer.MAX_VALUE;

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(1);
    private PartitionLog log;
    private Commit commit;

    private LogOptions options() {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
    }

    @BeforeEach
    void open() {
        log = PartitionLog.open(DIRECTORY, options());
        commit = log.newCommit();
    }

    @AfterEach
    void verify() {
        log.close();
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(DIRECTORY, options(), findings::add, bytes -> {});
        assertThat(findings).isEmpty();
    }

    private static Producer producer(long id, int epoch, int firstSequence) {
        return new Producer(id, (short) epoch, firstSequence);
    }

    private static List<NewRecord> records(String... values) {
        List<NewRecord> records = new ArrayList<>();
        for (String value : values) {
            records.add(NewRecord.of(7, value.getBytes(StandardCharsets.UTF_8)));
        }
        return records;
    }

    private List<String> values() {
        return Ledger.readAll(log, 500).stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private List<Outcome> outcomes() {
        List<Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < commit.batches(); i++) {
            outcomes.add(commit.outcome(i));
        }
        return outcomes;
    }

    private LogException.OutOfSequence outOfSequence(Producer producer) {
        LogDescription before = log.describe();
        LogException.OutOfSequence refused =
                catchThrowableOfType(LogException.OutOfSequence.class, () -> log.append(records("never"), producer));
        assertThat(refused).as("%s is refused", producer).isNotNull();
        assertThat(log.describe()).isEqualTo(before);
        assertThat(refused.producerId()).isEqualTo(producer.id());
        assertThat(refused.givenSequence()).isEqualTo(producer.firstSequence());
        return refused;
    }

    @Test
    void a_batch_that_is_sent_again_is_stored_once_and_answered_with_its_first_offsets() {
        assertThat(log.append(records("a", "b"), producer(7, 0, 0))).isZero();
        assertThat(log.append(records("c"), producer(7, 0, 2))).isEqualTo(2);
        assertThat(log.append(records("a", "b"), producer(7, 0, 0))).isZero();
        commit.stage(records("c"), producer(7, 0, 2));
        log.commit(commit);
        assertThat(commit.isDuplicate(0)).isTrue();
        assertThat(commit.baseOffset(0)).isEqualTo(2);
        assertThat(commit.lastOffset(0)).isEqualTo(2);
        assertThat(commit.storedBatches()).isEqualTo(1);
        assertThat(log.append(records("d"), producer(7, 0, 3))).isEqualTo(3);
        assertThat(values()).containsExactly("a", "b", "c", "d");
    }

    @Test
    void a_repetition_writes_nothing_and_syncs_nothing() {
        log.append(records("a"), producer(7, 0, 0));
        disk.forgetOperations();
        log.append(records("a"), producer(7, 0, 0));
        assertThat(disk.count(Kind.WRITE) + disk.count(Kind.SYNC)).isZero();
    }

    @Test
    void a_batch_without_a_producer_is_stored_as_often_as_it_is_sent() {
        log.append(records("a"));
        log.append(records("a"));
        assertThat(values()).containsExactly("a", "a");
    }

    @Test
    void a_gap_is_refused_and_says_what_was_expected() {
        log.append(records("a", "b"), producer(7, 0, 0));
        LogException.OutOfSequence refused = outOfSequence(producer(7, 0, 3));
        assertThat(refused.expectedSequence()).isEqualTo(2);
        assertThat(refused)
                .hasMessageContaining("instead of 2")
                .hasMessageContaining("Send what comes before it first");
        assertThat(log.append(records("c"), producer(7, 0, 2))).isEqualTo(2);
    }

    @Test
    void the_last_five_batches_are_answered_and_older_ones_refused() {
        for (int i = 0; i < 8; i++) {
            log.append(records("v" + i), producer(7, 0, i));
        }
        for (int i = 3; i < 8; i++) {
            assertThat(log.append(records("v" + i), producer(7, 0, i))).isEqualTo(i);
        }
        for (int i = 0; i < 3; i++) {
            assertThat(outOfSequence(producer(7, 0, i)))
                    .hasMessageContaining("stored already")
                    .extracting(LogException.OutOfSequence::expectedSequence)
                    .isEqualTo(8);
        }
        assertThat(values()).hasSize(8);
    }

    @Test
    void a_repetition_with_another_number_of_records_is_none() {
        log.append(records("a", "b"), producer(7, 0, 0));
        assertThat(outOfSequence(producer(7, 0, 0)).expectedSequence()).isEqualTo(2);
        assertThat(outOfSequence(producer(7, 0, 1)).expectedSequence()).isEqualTo(2);
    }

    @Test
    void an_unknown_producer_begins_at_zero_so_that_its_second_batch_cannot_overtake_its_first() {
        assertThat(outOfSequence(producer(7, 3, 1)))
                .hasMessageContaining("does not know this producer")
                .extracting(LogException.OutOfSequence::expectedSequence)
                .isEqualTo(0);
        assertThat(log.append(records("first"), producer(7, 3, 0))).isZero();
        assertThat(log.append(records("second"), producer(7, 3, 1))).isEqualTo(1);
    }

    @Test
    void a_greater_epoch_begins_at_zero_and_a_lesser_one_is_over() {
        log.append(records("a"), producer(7, 1, 0));
        log.append(records("b"), producer(7, 1, 1));
        assertThat(outOfSequence(producer(7, 2, 2)).expectedSequence()).isZero();
        assertThat(log.append(records("c"), producer(7, 4, 0))).isEqualTo(2);
        LogException.StaleProducerEpoch stale = catchThrowableOfType(
                LogException.StaleProducerEpoch.class, () -> log.append(records("d"), producer(7, 1, 2)));
        assertThat(stale.producerId()).isEqualTo(7);
        assertThat(stale.givenEpoch()).isEqualTo((short) 1);
        assertThat(stale.currentEpoch()).isEqualTo((short) 4);
        assertThatThrownBy(() -> log.append(records("b"), producer(7, 1, 1)))
                .as("a repetition from before is over as well")
                .isInstanceOf(LogException.StaleProducerEpoch.class);
        assertThat(log.append(records("c"), producer(7, 4, 0))).isEqualTo(2);
        assertThat(values()).containsExactly("a", "b", "c");
    }

    @Test
    void behind_the_greatest_sequence_comes_zero() {
        commit.stageAt(
                1, 1, List.of(new LogRecord(0, 7, null, "history".getBytes(), List.of())), producer(7, 0, MAX - 3));
        log.commit(commit);
        assertThat(outOfSequence(producer(7, 0, 0)).expectedSequence()).isEqualTo(MAX - 2);
        assertThat(log.append(records("a", "b"), producer(7, 0, MAX - 2))).isEqualTo(1);
        assertThat(log.append(records("c", "d"), producer(7, 0, MAX))).isEqualTo(3);
        assertThat(outOfSequence(producer(7, 0, 0)).expectedSequence()).isEqualTo(1);
        assertThat(log.append(records("e"), producer(7, 0, 1))).isEqualTo(5);
        assertThat(log.append(records("c", "d"), producer(7, 0, MAX))).isEqualTo(3);
        assertThat(outOfSequence(producer(7, 0, MAX - 1))).hasMessageContaining("stored already");
        assertThat(outOfSequence(producer(7, 0, 9))).hasMessageContaining("Send what comes before it");
    }

    @Test
    void the_numbers_that_are_below_zero_are_refused_when_they_are_staged() {
        for (Producer invalid : List.of(producer(-1, 0, 0), producer(0, -1, 0), producer(0, 0, -1))) {
            assertThatThrownBy(() -> commit.stage(records("x"), invalid)).isInstanceOf(LogException.InvalidBatch.class);
            assertThatThrownBy(() ->
                            commit.stageAt(1, 1, List.of(new LogRecord(0, 7, null, new byte[1], List.of())), invalid))
                    .isInstanceOf(LogException.InvalidBatch.class);
        }
        assertThat(commit.batches()).isZero();
        assertThatThrownBy(() -> commit.stage(records("x"), null)).isInstanceOf(NullPointerException.class);
        long last = Long.MAX_VALUE;
        assertThat(log.append(records("x"), producer(last, Short.MAX_VALUE, 0))).isZero();
        assertThat(log.append(records("x"), producer(last, Short.MAX_VALUE, 0))).isZero();
    }

    @Test
    void batches_that_are_not_written_leave_no_gap_and_take_no_other_with_them() {
        log.append(records("a0"), producer(1, 0, 0));
        log.append(records("b0"), producer(2, 3, 0));
        commit.stage(records("x0"));
        commit.stage(records("gap"), producer(1, 0, 9));
        commit.stage(records("a1", "a2"), producer(1, 0, 1));
        commit.stage(records("b0"), producer(2, 3, 0));
        commit.stage(records("stale"), producer(2, 2, 0));
        commit.stage(records("b1"), producer(2, 3, 1));
        commit.stage(records("unknown"), producer(3, 0, 4));
        commit.stage(records("x1"));
        commit.stage(records("gap"), producer(1, 0, 9));
        log.commit(commit);
        assertThat(outcomes())
                .containsExactly(
                        Outcome.STORED,
                        Outcome.REFUSED,
                        Outcome.STORED,
                        Outcome.DUPLICATE,
                        Outcome.REFUSED,
                        Outcome.STORED,
                        Outcome.REFUSED,
                        Outcome.STORED,
                        Outcome.REFUSED);
        assertThat(commit.baseOffset(0)).isEqualTo(2);
        assertThat(commit.baseOffset(2)).isEqualTo(3);
        assertThat(commit.lastOffset(2)).isEqualTo(4);
        assertThat(commit.baseOffset(3)).isEqualTo(1);
        assertThat(commit.baseOffset(5)).isEqualTo(5);
        assertThat(commit.baseOffset(7)).isEqualTo(6);
        assertThat(commit.refusal(1)).isInstanceOf(LogException.OutOfSequence.class);
        assertThat(commit.refusal(4)).isInstanceOf(LogException.StaleProducerEpoch.class);
        assertThat(commit.refusal(8)).hasMessageContaining("instead of 3");
        assertThat(commit.storedBatches()).as("from the first on").isEqualTo(1);
        assertThatThrownBy(() -> commit.baseOffset(1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> commit.refusal(0)).isInstanceOf(IllegalStateException.class);
        assertThat(values()).containsExactly("a0", "b0", "x0", "a1", "a2", "b1", "x1");
        assertThat(log.append(records("a3"), producer(1, 0, 3))).isEqualTo(7);
    }

    @Test
    void what_is_left_out_costs_no_sync_of_its_own() {
        for (int i = 0; i < 10; i++) {
            commit.stage(records("x" + i));
            commit.stage(records("gap"), producer(1, 0, 9));
        }
        disk.forgetOperations();
        log.commit(commit);
        assertThat(disk.count(Kind.SYNC)).isEqualTo(1);
        assertThat(values()).hasSize(10);
    }

    @Test
    void a_repetition_in_the_same_commit_is_answered_with_the_offsets_of_the_first() {
        commit.stage(records("x"));
        commit.stage(records("a", "b"), producer(1, 0, 0));
        commit.stage(records("c"), producer(1, 0, 2));
        commit.stage(records("a", "b"), producer(1, 0, 0));
        commit.stage(records("d"), producer(1, 0, 3));
        commit.stage(records("d"), producer(1, 0, 3));
        log.commit(commit);
        assertThat(outcomes())
                .containsExactly(
                        Outcome.STORED,
                        Outcome.STORED,
                        Outcome.STORED,
                        Outcome.DUPLICATE,
                        Outcome.STORED,
                        Outcome.DUPLICATE);
        assertThat(commit.baseOffset(3)).isEqualTo(1);
        assertThat(commit.lastOffset(3)).isEqualTo(2);
        assertThat(commit.baseOffset(5)).isEqualTo(4);
        assertThat(values()).containsExactly("x", "a", "b", "c", "d");
    }

    @Test
    void the_window_is_of_five_batches_within_a_commit_too() {
        log.append(records("v0"), producer(1, 0, 0));
        log.append(records("v1"), producer(1, 0, 1));
        for (int i = 2; i < 6; i++) {
            commit.stage(records("v" + i), producer(1, 0, i));
        }
        commit.stage(records("v1"), producer(1, 0, 1));
        commit.stage(records("v0"), producer(1, 0, 0));
        commit.stage(records("v6"), producer(1, 0, 6));
        commit.stage(records("v1"), producer(1, 0, 1));
        commit.stage(records("v2"), producer(1, 0, 2));
        log.commit(commit);
        assertThat(outcomes().subList(4, 9))
                .containsExactly(
                        Outcome.DUPLICATE, Outcome.REFUSED, Outcome.STORED, Outcome.REFUSED, Outcome.DUPLICATE);
        assertThat(commit.baseOffset(4)).isEqualTo(1);
        assertThat(commit.baseOffset(8)).isEqualTo(2);
    }

    @Test
    void an_epoch_that_begins_in_a_commit_ends_the_one_before_within_it() {
        log.append(records("a"), producer(1, 0, 0));
        commit.stage(records("b"), producer(1, 0, 1));
        commit.stage(records("c"), producer(1, 1, 0));
        commit.stage(records("d"), producer(1, 0, 2));
        commit.stage(records("b"), producer(1, 0, 1));
        commit.stage(records("c"), producer(1, 1, 0));
        commit.stage(records("e"), producer(1, 1, 1));
        log.commit(commit);
        assertThat(outcomes())
                .containsExactly(
                        Outcome.STORED,
                        Outcome.STORED,
                        Outcome.REFUSED,
                        Outcome.REFUSED,
                        Outcome.DUPLICATE,
                        Outcome.STORED);
        assertThat(commit.refusal(3)).isInstanceOf(LogException.StaleProducerEpoch.class);
        assertThat(values()).containsExactly("a", "b", "c", "e");
    }

    @Test
    void a_commit_that_fails_half_way_judges_none_by_what_it_did_not_store() {
        log.append(records("old"), producer(9, 0, 0));
        commit.stage(records("a0"), producer(1, 0, 0));
        // Does not fit beside what is there, so it goes into a segment of its own, for which there is no room.
        commit.stage(List.of(NewRecord.of(7, new byte[1900])), producer(1, 0, 1));
        commit.stage(records("a0"), producer(1, 0, 0));
        commit.stage(List.of(NewRecord.of(7, new byte[1900])), producer(1, 0, 1));
        commit.stage(records("a9"), producer(1, 0, 9));
        commit.stage(records("old"), producer(9, 0, 0));
        commit.stage(records("gap"), producer(9, 0, 7));
        commit.stage(records("never"), producer(1, 0, 2));
        disk.inject(Fault.at(1, operation -> operation.kind() == Kind.CREATE && operation.on(".log"), Effect.NO_SPACE));
        assertThatThrownBy(() -> log.commit(commit)).isInstanceOf(LogException.ReadOnly.class);
        assertThat(outcomes())
                .containsExactly(
                        Outcome.STORED,
                        Outcome.UNSETTLED,
                        Outcome.DUPLICATE,
                        Outcome.UNSETTLED,
                        Outcome.UNSETTLED,
                        Outcome.DUPLICATE,
                        Outcome.REFUSED,
                        Outcome.UNSETTLED);
        assertThat(commit.baseOffset(2)).isEqualTo(1);
        assertThat(values()).containsExactly("old", "a0");
        clock.advance(Duration.ofSeconds(1));
        assertThat(log.append(records("a1"), producer(1, 0, 1))).isEqualTo(2);
    }

    @Test
    void a_commit_whose_sync_fails_leaves_its_batches_and_their_repetitions_in_doubt_and_no_other() {
        log.append(records("old"), producer(9, 0, 0));
        commit.stage(records("a0"), producer(1, 0, 0));
        commit.stage(records("a0"), producer(1, 0, 0));
        commit.stage(records("old"), producer(9, 0, 0));
        commit.stage(records("gap"), producer(1, 0, 4));
        disk.inject(Fault.at(1, operation -> operation.kind() == Kind.SYNC, Effect.IO_ERROR));
        assertThatThrownBy(() -> log.commit(commit)).isInstanceOf(LogException.OutcomeUnknown.class);
        assertThat(outcomes())
                .containsExactly(Outcome.UNSETTLED, Outcome.UNSETTLED, Outcome.DUPLICATE, Outcome.UNSETTLED);
        assertThatThrownBy(() -> log.append(records("a0"), producer(1, 0, 0)))
                .as("what is not known to be durable is no answer")
                .isInstanceOf(LogException.Failed.class);
        log.close();
        open();
        assertThat(log.append(records("a0"), producer(1, 0, 0))).isEqualTo(1);
        assertThat(values()).containsExactly("old", "a0");
    }

    @Test
    void a_commit_that_is_given_to_the_log_twice_is_judged_anew() {
        commit.stage(records("a0"), producer(1, 0, 0));
        commit.stage(records("x"));
        commit.stage(records("a2"), producer(1, 0, 2));
        log.commit(commit);
        log.append(records("a1"), producer(1, 0, 1));
        log.commit(commit);
        assertThat(outcomes()).containsExactly(Outcome.DUPLICATE, Outcome.STORED, Outcome.STORED);
        assertThat(values()).containsExactly("a0", "x", "a1", "x", "a2");
        commit.clear();
        assertThat(commit.batches()).isZero();
        assertThatThrownBy(() -> commit.outcome(0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void a_commit_that_was_not_carried_out_has_no_outcome_from_the_last_time() {
        commit.stage(records("a0"), producer(1, 0, 0));
        log.commit(commit);
        log.close();
        assertThatThrownBy(() -> log.commit(commit)).isInstanceOf(LogException.Closed.class);
        assertThat(outcomes()).containsExactly(Outcome.UNSETTLED);
    }

    @Test
    void on_a_full_disk_repetitions_are_answered_and_gaps_refused_as_ever() {
        log.append(records("a0"), producer(1, 0, 0));
        disk.setCapacityBytes(0);
        assertThatThrownBy(() -> log.append(List.of(NewRecord.of(7, new byte[200_000])), producer(1, 0, 1)))
                .isInstanceOf(LogException.ReadOnly.class);
        assertThat(log.append(records("a0"), producer(1, 0, 0))).isZero();
        assertThat(outOfSequence(producer(1, 0, 2)).expectedSequence()).isEqualTo(1);
        assertThatThrownBy(() -> log.append(records("a1"), producer(1, 0, 1)))
                .isInstanceOf(LogException.ReadOnly.class);
        disk.setCapacityBytes(1 << 20);
        clock.advance(Duration.ofSeconds(1));
        assertThat(log.append(records("a1"), producer(1, 0, 1))).isEqualTo(1);
    }

    @Test
    void what_a_crash_left_that_cannot_be_made_durable_for_want_of_room_is_not_answered_as_stored() {
        log.append(records("a0"), producer(1, 0, 0));
        // Written, but the sync fails; readers of the next life see it, and a loss of power may still take it.
        disk.inject(Fault.at(1, operation -> operation.kind() == Kind.SYNC, Effect.IO_ERROR));
        assertThatThrownBy(() -> log.append(records("a1"), producer(1, 0, 1)))
                .isInstanceOf(LogException.OutcomeUnknown.class);
        disk.kill();
        disk.restart();
        disk.inject(Fault.from(1, operation -> operation.kind() == Kind.WRITE, Effect.NO_SPACE));
        open();
        assertThat(log.state()).isEqualTo(LogState.READ_ONLY);
        assertThat(values()).containsExactly("a0", "a1");
        assertThatThrownBy(() -> log.append(records("a1"), producer(1, 0, 1)))
                .isInstanceOf(LogException.ReadOnly.class);
        disk.heal();
        clock.advance(Duration.ofSeconds(1));
        assertThat(log.append(records("a1"), producer(1, 0, 1))).isEqualTo(1);
        disk.powerLoss();
        disk.restart();
        open();
        assertThat(values()).containsExactly("a0", "a1");
    }

    @Test
    void history_whose_place_is_given_is_stored_as_it_is_and_remembered() {
        commit.stageAt(3, 10, List.of(new LogRecord(4, 7, null, "a".getBytes(), List.of())), producer(1, 2, 40));
        commit.stageAt(3, 11, List.of(new LogRecord(9, 7, null, "a".getBytes(), List.of())), producer(1, 2, 40));
        // Compaction took two of its four records out; it goes by its numbers as before.
        commit.stageAt(
                3,
                12,
                List.of(
                        new LogRecord(20, 7, null, "b".getBytes(), List.of()),
                        new LogRecord(23, 7, null, "c".getBytes(), List.of())),
                producer(1, 2, 50));
        commit.stage(records("b", "c"), producer(1, 2, 50));
        commit.stage(records("b", "1", "2", "c"), producer(1, 2, 50));
        commit.stage(records("d"), producer(1, 2, 54));
        log.commit(commit);
        assertThat(outcomes())
                .containsExactly(
                        Outcome.STORED,
                        Outcome.STORED,
                        Outcome.STORED,
                        Outcome.REFUSED,
                        Outcome.DUPLICATE,
                        Outcome.STORED);
        assertThat(commit.baseOffset(4)).isEqualTo(20);
        assertThat(commit.lastOffset(4)).isEqualTo(23);
        assertThat(log.append(records("e"), producer(1, 2, 55))).isEqualTo(25);
    }

    @Test
    void a_refused_commit_of_given_places_leaves_what_is_remembered_as_it_was() {
        log.append(records("a0"), producer(1, 0, 0));
        commit.stage(records("a1"), producer(1, 0, 1));
        commit.stageAt(0, 1, List.of(new LogRecord(0, 7, null, new byte[1], List.of())), null);
        assertThatThrownBy(() -> log.commit(commit)).isInstanceOf(LogException.StaleEpoch.class);
        assertThat(outcomes()).containsExactly(Outcome.UNSETTLED, Outcome.UNSETTLED);
        assertThat(log.append(records("a1"), producer(1, 0, 1))).isEqualTo(1);
    }

    @Test
    void a_forgotten_producer_is_unknown_again_and_a_repetition_of_its_is_refused_not_stored_twice() {
        log.append(records("a0"), producer(1, 0, 0));
        log.append(records("a1"), producer(1, 0, 1));
        for (int id = 2; id < 2 + ProducerTable.ALWAYS_REMEMBERED; id++) {
            log.append(records("x"), producer(id, 0, 0));
        }
        log.append(List.of(NewRecord.of(8 + Duration.ofDays(7).toMillis(), new byte[1])));
        assertThat(outOfSequence(producer(1, 0, 1))).hasMessageContaining("or no longer");
        assertThat(log.append(records("x"), producer(ProducerTable.ALWAYS_REMEMBERED + 1, 0, 0)))
                .as("the last hundred are remembered")
                .isEqualTo(ProducerTable.ALWAYS_REMEMBERED + 1);
    }

    @Test
    void nothing_that_a_commit_says_is_true_of_batches_that_it_does_not_have() {
        assertThatThrownBy(() -> commit.baseOffset(0)).isInstanceOf(IndexOutOfBoundsException.class);
        commit.stage(records("a"));
        assertThat(commit.outcome(0)).isEqualTo(Outcome.UNSETTLED);
        assertThatThrownBy(() -> commit.lastOffset(0)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
