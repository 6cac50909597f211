package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.Commit.Outcome;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Batches whose epoch and sequence are given while the log gives the offsets: how replicas of one log stay alike. */
class NumberedBatchesTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final byte[] KEY = {42};

    private final LogOptions options = LogOptions.defaults().withDisk(new SimDisk(1));
    private PartitionLog log;
    private Commit commit;

    @BeforeEach
    void open() {
        log = PartitionLog.open(DIRECTORY, options);
        commit = log.newCommit();
    }

    @AfterEach
    void close() {
        log.close();
    }

    private void reopen() {
        close();
        open();
    }

    private static List<NewRecord> record() {
        return List.of(NewRecord.of(7, new byte[] {1}));
    }

    @Test
    void the_log_gives_the_offsets_and_keeps_the_numbers_over_a_restart() {
        commit.stageNumbered(3, 100, record(), null);
        commit.stageNumbered(3, 205, record(), null);
        log.commit(commit);
        assertThat(commit.baseOffset(0)).isZero();
        assertThat(commit.baseOffset(1)).isEqualTo(1);
        assertThat(log.lastSequence()).isEqualTo(205);
        reopen();
        assertThat(log.lastSequence()).isEqualTo(205);
        // The epoch that an owner would have after a restart is not in the way of the one that is given.
        commit.stageNumbered(3, 206, record(), null);
        log.commit(commit);
        assertThat(log.read(0, 1000).batches())
                .extracting(
                        batch -> batch.header().epoch() + "/" + batch.header().sequence())
                .containsExactly("3/100", "3/205", "3/206");
    }

    @Test
    void the_last_sequence_outlives_the_batches() {
        commit.stageNumbered(3, 100, record(), null);
        log.commit(commit);
        log.roll();
        log.deleteBefore(1);
        reopen();
        assertThat(log.lastSequence()).isEqualTo(100);
    }

    @Test
    void what_does_not_follow_is_refused_and_nothing_written() {
        commit.stageNumbered(3, 100, record(), null);
        log.commit(commit);
        for (long[] place : new long[][] {{3, 100}, {3, 99}, {2, 101}}) {
            commit.clear();
            commit.stageNumbered(place[0], place[1], record(), null);
            assertThatThrownBy(() -> log.commit(commit)).isInstanceOf(LogException.class);
        }
        assertThat(log.logEndOffset()).isEqualTo(1);
        assertThatThrownBy(() -> commit.stageNumbered(-1, 0, record(), null))
                .isInstanceOf(LogException.InvalidBatch.class);
    }

    @Test
    void a_repetition_of_a_producer_takes_no_place() {
        Producer producer = new Producer(5, (short) 0, 0);
        commit.stageNumbered(1, 10, record(), producer);
        commit.stageNumbered(1, 11, record(), producer);
        commit.stageNumbered(1, 12, record(), new Producer(5, (short) 0, 7));
        commit.stageNumbered(1, 13, record(), null);
        log.commit(commit);
        assertThat(List.of(commit.outcome(0), commit.outcome(1), commit.outcome(2), commit.outcome(3)))
                .containsExactly(Outcome.STORED, Outcome.DUPLICATE, Outcome.REFUSED, Outcome.STORED);
        assertThat(commit.baseOffset(1)).isZero();
        assertThat(commit.baseOffset(3)).isEqualTo(1);
        assertThat(log.lastSequence()).isEqualTo(13);
    }

    /** Here the log finds records by key. */
    private void openWithKeys() {
        close();
        log = PartitionLog.open(DIRECTORY, options.withKeyMemoryBytes(1 << 20));
        commit = log.newCommit();
    }

    private static List<NewRecord> keyed(int sequence) {
        return List.of(new NewRecord(7, KEY, sequence, new byte[] {1}, List.of()));
    }

    private static KeyCondition highestIs(long sequence) {
        return new KeyCondition(KEY, sequence);
    }

    @Test
    void a_batch_whose_condition_is_not_met_takes_no_place() {
        openWithKeys();
        commit.number(commit.stageIf(keyed(1), highestIs(0)), 2, 10);
        commit.number(commit.stageIf(keyed(1), highestIs(0)), 2, 11);
        commit.number(commit.stageIf(keyed(2), highestIs(1)), 2, 12);
        log.commit(commit);
        assertThat(List.of(commit.outcome(0), commit.outcome(1), commit.outcome(2)))
                .containsExactly(Outcome.STORED, Outcome.REFUSED, Outcome.STORED);
        assertThat(log.read(0, 1000).batches())
                .extracting(batch -> batch.header().epoch() + "/"
                        + batch.header().sequence() + "@" + batch.header().baseOffset())
                .containsExactly("2/10@0", "2/12@1");
    }

    @Test
    void what_is_said_of_a_key_has_the_number_that_it_was_given() {
        openWithKeys();
        commit.number(commit.stageIf(keyed(1), highestIs(0)), 2, 10);
        commit.number(commit.stageDeletion(KEY, 1, 1, 8), 2, 11);
        log.commit(commit);
        assertThat(log.lastSequence()).isEqualTo(11);
        assertThat(log.keys().state(KEY)).isEqualTo(new KeyState(1, 1, 0));
        commit.clear();
        commit.number(commit.stageForgetting(KEY, 9), 3, 20);
        commit.number(commit.stageIf(keyed(1), highestIs(0)), 3, 21);
        log.commit(commit);
        assertThat(commit.outcome(1)).isEqualTo(Outcome.STORED);
        openWithKeys();
        assertThat(log.lastSequence()).isEqualTo(21);
        assertThat(log.keys().state(KEY)).isEqualTo(new KeyState(1, 0, 3));
    }

    @Test
    void a_number_out_of_bounds_is_refused_and_leaves_the_batch_as_it_was() {
        int batch = commit.stage(record());
        assertThatThrownBy(() -> commit.number(batch, 0, -1)).isInstanceOf(LogException.InvalidBatch.class);
        assertThatThrownBy(() -> commit.number(batch + 1, 0, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        log.commit(commit);
        assertThat(log.lastSequence()).isEqualTo(1);
    }
}
