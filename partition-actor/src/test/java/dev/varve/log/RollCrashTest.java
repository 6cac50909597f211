package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Fault.Effect;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.Operation.Kind;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rolls at their odd corners: into a gap of offsets, out of a segment without records, broken off at each step. */
class RollCrashTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final ManualClock clock = new ManualClock();

    private LogOptions options(SimDisk disk) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
    }

    private static void commitAt(PartitionLog log, long sequence, long offset) {
        Commit commit = log.newCommit();
        NewRecord record = Ledger.record((int) offset);
        commit.stageAt(
                1,
                sequence,
                List.of(new LogRecord(offset, record.timestamp(), record.key(), record.value(), List.of())),
                null);
        log.commit(commit);
    }

    private static void checkHolds(ReadableLog log, long... offsets) {
        assertThat(Ledger.readAll(log, 500)).extracting(LogRecord::offset).containsExactly(box(offsets));
        for (LogRecord record : Ledger.readAll(log, 500)) {
            assertThat(record.toNewRecord()).isEqualTo(Ledger.record((int) record.offset()));
        }
    }

    private static Long[] box(long... offsets) {
        Long[] boxed = new Long[offsets.length];
        for (int i = 0; i < offsets.length; i++) {
            boxed[i] = offsets[i];
        }
        return boxed;
    }

    private static boolean isFrame(Operation operation) {
        return operation.kind() == Kind.WRITE && operation.on(".log") && operation.position() > 0;
    }

    @Test
    void an_append_behind_a_roll_into_a_gap_that_found_no_room_goes_where_readers_look_for_it() {
        SimDisk disk = new SimDisk(1);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            commitAt(log, 1, 0);
            log.roll();
            commitAt(log, 2, 1);
            disk.inject(Fault.at(1, RollCrashTest::isFrame, Effect.NO_SPACE));
            // So far away that it needs a segment of its own.
            assertThatThrownBy(() -> commitAt(log, 3, 1L << 33)).isInstanceOf(LogException.ReadOnly.class);
            clock.advance(Duration.ofSeconds(1));
            long offset = log.append(Ledger.record(5));
            assertThat(log.read(offset, 0).records().get(0).toNewRecord()).isEqualTo(Ledger.record(5));
            log.roll();
            assertThat(log.read(offset, 0).records().get(0).toNewRecord()).isEqualTo(Ledger.record(5));
            assertThat(Ledger.readAll(log, 500)).hasSize(3);
        }
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            assertThat(Ledger.readAll(log, 500)).hasSize(3);
        }
    }

    @Test
    void a_batch_that_found_no_room_behind_a_roll_into_a_gap_can_be_committed_again() {
        SimDisk disk = new SimDisk(1);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            commitAt(log, 1, 0);
            disk.inject(Fault.at(1, RollCrashTest::isFrame, Effect.NO_SPACE));
            assertThatThrownBy(() -> commitAt(log, 3, 1L << 33)).isInstanceOf(LogException.ReadOnly.class);
            assertThat(log.logEndOffset()).isEqualTo(1L << 33);
            assertThat(log.durableOffset()).isEqualTo(1L << 33);
            ReadResult gap = log.read(1, 100);
            assertThat(gap.isEmpty()).isTrue();
            assertThat(gap.nextOffset()).isEqualTo(1L << 33);
            clock.advance(Duration.ofSeconds(1));
            commitAt(log, 3, 1L << 33);
            checkHolds(log, 0, 1L << 33);
            log.deleteBefore(1L << 33);
            checkHolds(log, 1L << 33);
        }
    }

    /** A log whose active segment holds nothing but a mark, which a restart left there. */
    private void prepareASegmentWithNothingButAMark(SimDisk disk) {
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
        commitAt(log, 1, 0);
        log.roll();
        log.close();
        leaveAMark(disk);
    }

    /** A crash in a segment without records, and a restart that leaves a mark there. */
    private void leaveAMark(SimDisk disk) {
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
        SegmentDescription active = log.describe().segments().get(1);
        disk.kill();
        disk.restart();
        // Zeros were written ahead, but no frame.
        disk.overwrite(DIRECTORY.resolve(active.file()), active.bytes(), new byte[700]);
        PartitionLog restarted = PartitionLog.open(DIRECTORY, options(disk));
        clock.advance(Duration.ofSeconds(1));
        restarted.housekeep();
        assertThat(restarted.describe().segments().get(1).bytes()).isGreaterThan(active.bytes());
        disk.kill();
        disk.restart();
    }

    private void rollOut(SimDisk disk, long[] stored) {
        stored[0] = 1;
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
        commitAt(log, 2, 1L << 33);
        stored[0] = 2;
        commitAt(log, 3, (1L << 33) + 7);
        stored[0] = 3;
        log.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = Effect.class,
            names = {"POWER_LOSS", "KILL"})
    void a_roll_out_of_a_segment_without_records_may_be_broken_off_at_every_step(Effect effect) {
        SimDisk counting = new SimDisk(0);
        prepareASegmentWithNothingButAMark(counting);
        counting.recordOperations();
        rollOut(counting, new long[1]);
        long operations =
                counting.operations().stream().filter(Operation::changes).count();
        for (long at = 1; at <= operations; at++) {
            for (long seed = 0; seed < (effect == Effect.KILL ? 1 : 8); seed++) {
                SimDisk disk = new SimDisk(seed);
                prepareASegmentWithNothingButAMark(disk);
                disk.inject(Fault.at(at, Operation::changes, effect));
                long[] stored = {0};
                assertThatThrownBy(() -> rollOut(disk, stored)).isInstanceOf(LogException.class);
                disk.restart();
                try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
                    assertThat(Ledger.readAll(log, 500)).hasSizeBetween((int) stored[0], (int) stored[0] + 1);
                    log.append(Ledger.record(9));
                } catch (LogException | AssertionError e) {
                    throw new AssertionError(effect + " at operation " + at + ", " + disk + ": " + e, e);
                }
                try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
                    assertThat(log.recovery().clean()).isTrue();
                    assertThat(Ledger.readAll(log, 500)).hasSizeBetween((int) stored[0] + 1, (int) stored[0] + 2);
                }
            }
        }
    }

    @Test
    void a_damaged_mark_in_a_segment_without_records_costs_nothing() {
        SimDisk disk = new SimDisk(1);
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
        log.append(Ledger.record(0));
        log.append(Ledger.record(1));
        log.roll();
        log.close();
        // The second one says that the first one is durable.
        leaveAMark(disk);
        leaveAMark(disk);
        Path file = DIRECTORY.resolve("00000000000000000002.log");
        disk.flipBit(file, (512 + 30) * 8);
        for (int life = 0; life < 3; life++) {
            try (PartitionLog again = PartitionLog.open(DIRECTORY, options(disk))) {
                assertThat(again.append(Ledger.record(2 + life))).isEqualTo(2 + life);
                assertThat(Ledger.readAll(again, 500)).hasSize(3 + life);
                assertThat(disk.names(DIRECTORY)).contains("00000000000000000002.log");
            }
        }
    }
}
