package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Fault.Effect;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.Operation.Kind;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Commits of odd shapes, at their limits, and broken off in their midst. */
class CommitTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(1);
    private final Ledger ledger = new Ledger();

    private LogOptions options() {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
    }

    private PartitionLog open() {
        return PartitionLog.open(DIRECTORY, options());
    }

    private static LogRecord at(long offset) {
        return new LogRecord(offset, 1, null, new byte[] {1}, List.of());
    }

    @Test
    void behind_the_greatest_epoch_and_sequence_that_can_be_given_an_owner_goes_on_counting() {
        long greatest = 1L << 62;
        try (PartitionLog log = open()) {
            Commit commit = log.newCommit();
            assertThatThrownBy(() -> commit.stageAt(greatest + 1, 1, List.of(at(0)), null))
                    .isInstanceOf(LogException.InvalidBatch.class);
            assertThatThrownBy(() -> commit.stageAt(1, greatest + 1, List.of(at(0)), null))
                    .isInstanceOf(LogException.InvalidBatch.class);
            commit.stageAt(greatest, greatest, List.of(at(0)), null);
            log.commit(commit);
        }
        for (int life = 1; life <= 3; life++) {
            PartitionLog log = open();
            assertThat(log.epoch()).isEqualTo(greatest + life);
            log.append(Ledger.record(life));
            assertThat(Ledger.readAll(log, 100)).hasSize(life + 1);
            disk.kill();
            disk.restart();
        }
    }

    @Test
    void a_commit_of_a_log_with_a_larger_limit_cannot_bring_a_batch_in_that_nobody_could_read_here() {
        SimDisk elsewhere = new SimDisk(2);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options().withMaxBatchBytes(1024));
                PartitionLog larger = PartitionLog.open(DIRECTORY, options().withDisk(elsewhere))) {
            Commit commit = larger.newCommit();
            commit.stage(List.of(NewRecord.of(1, new byte[10])));
            commit.stage(List.of(NewRecord.of(1, new byte[5_000])));
            assertThatThrownBy(() -> log.commit(commit)).isInstanceOf(LogException.BatchTooLarge.class);
            assertThat(log.logEndOffset()).isZero();
            assertThat(commit.storedBatches()).isZero();
            larger.commit(commit);
            assertThat(larger.logEndOffset()).isEqualTo(2);
        }
    }

    @Test
    void timestamps_as_far_apart_as_can_be_stay_what_they_are() {
        List<NewRecord> records = List.of(
                NewRecord.of(Long.MAX_VALUE, new byte[] {1}),
                NewRecord.of(Long.MIN_VALUE, new byte[] {2}),
                NewRecord.of(0, new byte[] {3}),
                NewRecord.of(-1, new byte[] {4}));
        try (PartitionLog log = open()) {
            log.append(records);
        }
        disk.kill();
        disk.restart();
        try (PartitionLog log = open()) {
            assertThat(log.read(0, 1000).records())
                    .extracting(LogRecord::toNewRecord)
                    .isEqualTo(records);
            assertThat(log.offsetForTimestamp(Long.MAX_VALUE)).hasValue(0);
            assertThat(log.offsetForTimestamp(Long.MIN_VALUE)).hasValue(0);
        }
    }

    @Test
    void a_batch_that_cannot_be_staged_leaves_the_commit_as_it_was() {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options().withMaxBatchBytes(4096))) {
            Commit commit = log.newCommit();
            List<List<NewRecord>> staged = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                staged.add(ledger.batch(3));
                commit.stage(staged.get(i));
                int bytes = commit.bytes();
                assertThatThrownBy(() -> commit.stage(List.of(NewRecord.of(1, new byte[5_000]))))
                        .isInstanceOf(LogException.BatchTooLarge.class);
                assertThatThrownBy(() -> commit.stage(List.of())).isInstanceOf(LogException.InvalidBatch.class);
                assertThatThrownBy(() -> commit.stage(Arrays.asList(Ledger.record(1), null)))
                        .isInstanceOf(NullPointerException.class);
                assertThatThrownBy(() -> commit.stageAt(1, 1, List.of(at(7), at(7)), null))
                        .isInstanceOf(LogException.InvalidBatch.class);
                assertThatThrownBy(() -> commit.stageAt(1, 1, List.of(at(1), at(3L + Integer.MAX_VALUE)), null))
                        .isInstanceOf(LogException.InvalidBatch.class);
                assertThat(commit.bytes()).isEqualTo(bytes);
                assertThat(commit.batches()).isEqualTo(i + 1);
            }
            log.commit(commit);
            for (int i = 0; i < staged.size(); i++) {
                ledger.acknowledge(commit.baseOffset(i), staged.get(i));
            }
            ledger.checkAndAdopt(log);
            commit.clear();
            assertThatThrownBy(() -> commit.baseOffset(0)).isInstanceOf(IndexOutOfBoundsException.class);
            log.commit(commit);
            assertThat(log.logEndOffset()).isEqualTo(60);
        }
    }

    @Test
    void what_the_caller_does_with_its_arrays_after_staging_changes_nothing() {
        byte[] value = {1, 2, 3};
        byte[] header = {4};
        try (PartitionLog log = open()) {
            Commit commit = log.newCommit();
            commit.stage(List.of(new NewRecord(1, value, value, List.of(new RecordHeader("h", header)))));
            Arrays.fill(value, (byte) 9);
            Arrays.fill(header, (byte) 9);
            log.commit(commit);
            LogRecord read = log.read(0, 100).records().get(0);
            assertThat(read.key()).isEqualTo(new byte[] {1, 2, 3});
            assertThat(read.value()).isEqualTo(new byte[] {1, 2, 3});
            assertThat(read.headers().get(0).value()).isEqualTo(new byte[] {4});
        }
    }

    /** A commit over several segments, refused at each of its operations: what it says it stored is there, and no more. */
    @ParameterizedTest
    @EnumSource(
            value = Effect.class,
            names = {"NO_SPACE", "SHORT_WRITE_NO_SPACE", "IO_ERROR", "SHORT_WRITE", "KILL", "POWER_LOSS"})
    void a_commit_over_several_segments_stores_just_the_batches_that_it_counts_wherever_it_breaks_off(Effect effect) {
        boolean full = effect == Effect.NO_SPACE || effect == Effect.SHORT_WRITE_NO_SPACE;
        Predicate<Operation> hit = full
                ? operation -> operation.kind() == Kind.WRITE
                        || operation.kind() == Kind.CREATE
                        || operation.kind() == Kind.RENAME
                : Operation::changes;
        for (long at = 1; ; at++) {
            SimDisk broken = new SimDisk(at);
            Ledger stored = new Ledger();
            PartitionLog log = PartitionLog.open(DIRECTORY, options().withDisk(broken));
            stored.append(log, 2);
            Commit commit = log.newCommit();
            List<List<NewRecord>> batches = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                batches.add(stored.batch(1 + i % 4));
                commit.stage(batches.get(i));
            }
            broken.inject(Fault.at(at, hit, effect));
            LogException failure = null;
            try {
                log.commit(commit);
            } catch (LogException.ReadOnly | LogException.OutcomeUnknown e) {
                failure = e;
            }
            broken.heal();
            for (int i = 0; i < commit.storedBatches(); i++) {
                stored.acknowledge(commit.baseOffset(i), batches.get(i));
            }
            String context = effect + " at operation " + at + ", " + commit.storedBatches() + " batches stored";
            try {
                if (full || failure == null) {
                    assertThat(log.logEndOffset()).as(context).isEqualTo(stored.nextOffset());
                    stored.checkAndAdopt(log);
                    clock.advance(Duration.ofSeconds(1));
                    // Again, from the first batch that was not stored.
                    int from = commit.storedBatches();
                    commit.clear();
                    for (int i = from; i < batches.size(); i++) {
                        commit.stage(batches.get(i));
                    }
                    log.commit(commit);
                    for (int i = from; i < batches.size(); i++) {
                        stored.acknowledge(commit.baseOffset(i - from), batches.get(i));
                    }
                    stored.checkAndAdopt(log);
                    log.close();
                } else {
                    for (int i = commit.storedBatches(); i < batches.size(); i++) {
                        stored.doubt(batches.get(i));
                    }
                    broken.restart();
                    broken.killOwners();
                }
                try (PartitionLog again = PartitionLog.open(DIRECTORY, options().withDisk(broken))) {
                    assertThat(again.recovery().damage()).isEmpty();
                    stored.checkAndAdopt(again);
                    stored.append(again, 1);
                }
            } catch (AssertionError | LogException e) {
                throw new AssertionError(context + ": " + e, e);
            }
            if (failure == null) {
                break;
            }
        }
    }
}
