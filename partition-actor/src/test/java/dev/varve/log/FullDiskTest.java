package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.LogRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Fault.Effect;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation.Kind;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a disk without room must not do, in cases that random steps found. */
class FullDiskTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(61);
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

    private void makeRoom(PartitionLog log) {
        disk.heal();
        clock.advance(Duration.ofSeconds(1));
        log.housekeep();
        assertThat(log.state()).isEqualTo(LogState.READY);
    }

    @Test
    void a_batch_behind_a_gap_that_found_no_room_leaves_no_offset_below_the_segment_that_was_begun_for_it() {
        PartitionLog log = open();
        ledger.append(log, 1);
        Commit commit = log.newCommit();
        commit.stageAt(1, 9, List.of(new LogRecord(50, 1, null, new byte[1900], List.of())), null);
        // There is room for a segment, but not for the batch.
        disk.inject(Fault.from(
                1, operation -> operation.kind() == Kind.WRITE && operation.length() > 1900, Effect.NO_SPACE));
        assertThatThrownBy(() -> log.commit(commit)).isInstanceOf(LogException.ReadOnly.class);
        assertThat(log.describe().segments())
                .extracting(SegmentDescription::baseOffset)
                .containsExactly(0L, 50L);
        makeRoom(log);
        long offset = ledger.append(log, 2);
        assertThat(offset).isGreaterThanOrEqualTo(50);
        ledger.checkAndAdopt(log);
        disk.kill();
        disk.restart();
        try (PartitionLog again = open()) {
            assertThat(again.recovery().quarantinedBytes()).isZero();
            ledger.checkAndAdopt(again);
        }
    }

    @Test
    void closing_a_log_on_a_full_disk_is_no_error_and_costs_the_next_open_a_look_at_the_last_segment() {
        PartitionLog log = open();
        ledger.append(log, 3);
        disk.inject(Fault.from(
                1, operation -> operation.kind() == Kind.WRITE && operation.on("manifest.tmp"), Effect.NO_SPACE));
        log.close();
        disk.powerLoss();
        disk.restart();
        try (PartitionLog again = open()) {
            assertThat(again.recovery().clean()).isFalse();
            ledger.checkAndAdopt(again);
        }
    }

    /** A log with two batches of which the second was written, but its sync failed; its pages count as written all the same. */
    private void crashAfterAFailedSync() {
        PartitionLog log = open();
        ledger.append(log, 3);
        disk.inject(Fault.at(1, operation -> operation.kind() == Kind.SYNC, Effect.IO_ERROR));
        assertThatThrownBy(() -> ledger.append(log, 3)).isInstanceOf(LogException.OutcomeUnknown.class);
        disk.kill();
        disk.restart();
    }

    @Test
    void what_recovery_must_write_anew_is_written_anew_when_there_is_room_and_not_only_tried_once() {
        crashAfterAFailedSync();
        disk.inject(
                Fault.from(1, operation -> operation.kind() == Kind.WRITE && operation.on(".log"), Effect.NO_SPACE));
        PartitionLog log = open();
        assertThat(log.state()).isEqualTo(LogState.READ_ONLY);
        makeRoom(log);
        ledger.checkAndAdopt(log);
        assertThat(ledger.size()).isEqualTo(6);
        assertThat(log.durableOffset()).isEqualTo(6);
        disk.powerLoss((int sector) -> false, false);
        disk.restart();
        try (PartitionLog again = open()) {
            ledger.checkAndAdopt(again);
        }
    }

    @Test
    void a_flush_does_not_call_durable_what_recovery_has_yet_to_write_anew() {
        crashAfterAFailedSync();
        disk.inject(
                Fault.from(1, operation -> operation.kind() == Kind.WRITE && operation.on(".log"), Effect.NO_SPACE));
        PartitionLog log = open();
        assertThat(log.logEndOffset()).isEqualTo(6);
        assertThatThrownBy(log::flush).isInstanceOf(LogException.ReadOnly.class);
        assertThat(log.durableOffset()).isEqualTo(3);
        makeRoom(log);
        assertThat(log.flush()).isEqualTo(6);
        log.close();
    }
}
