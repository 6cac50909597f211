package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Fault.Effect;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.Operation.Kind;
import dev.varve.log.testkit.SimDisk;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Recovery that is broken off between its steps, or finds no room for one, is carried on from there. */
class RecoveryStepsTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final Path FILE = DIRECTORY.resolve("00000000000000000000.log");
    private static final byte[] TORN = "what a torn commit leaves behind it".getBytes(StandardCharsets.UTF_8);

    private final ManualClock clock = new ManualClock();
    private final Ledger ledger = new Ledger();

    private PartitionLog open(SimDisk disk) {
        return PartitionLog.open(DIRECTORY, LogOptions.defaults().withDisk(disk).withClock(clock));
    }

    /** A commit is written, its sync fails, and Linux forgets that its pages are dirty; then the process dies. */
    private void crashWithAFailedSync(SimDisk disk) {
        PartitionLog log = open(disk);
        ledger.append(log, 3);
        disk.inject(Fault.at(1, operation -> operation.kind() == Kind.SYNC, Effect.IO_ERROR));
        assertThatThrownBy(() -> ledger.append(log, 3)).isInstanceOf(LogException.OutcomeUnknown.class);
        disk.kill();
        disk.restart();
    }

    private static boolean isLogWrite(Operation operation) {
        return operation.kind() == Kind.WRITE && operation.on(".log");
    }

    @Test
    void what_found_no_room_to_be_written_anew_is_written_anew_when_there_is() {
        for (long seed = 0; seed < 50; seed++) {
            SimDisk disk = new SimDisk(seed);
            Ledger before = new Ledger();
            PartitionLog first = open(disk);
            before.append(first, 3);
            disk.inject(Fault.at(1, operation -> operation.kind() == Kind.SYNC, Effect.IO_ERROR));
            assertThatThrownBy(() -> before.append(first, 3)).isInstanceOf(LogException.OutcomeUnknown.class);
            disk.kill();
            disk.restart();
            disk.inject(Fault.at(1, RecoveryStepsTest::isLogWrite, Effect.NO_SPACE));
            PartitionLog log = open(disk);
            assertThat(log.state()).isEqualTo(LogState.READ_ONLY);
            before.checkAndAdopt(log);
            assertThat(before.size()).isEqualTo(6);
            clock.advance(Duration.ofSeconds(1));
            before.append(log, 1);
            assertThat(log.recovery().bytesRewritten()).isPositive();
            disk.powerLoss();
            disk.restart();
            try (PartitionLog again = open(disk)) {
                assertThat(again.recovery().damage()).isEmpty();
                before.checkAndAdopt(again);
            } catch (AssertionError e) {
                throw new AssertionError(disk + ": " + e.getMessage(), e);
            }
        }
    }

    @Test
    void what_a_failed_sync_left_behind_is_durable_after_a_restart_even_if_the_log_syncs_nothing_by_itself() {
        for (long seed = 0; seed < 50; seed++) {
            SimDisk disk = new SimDisk(seed);
            Ledger before = new Ledger();
            PartitionLog first = open(disk);
            before.append(first, 3);
            disk.inject(Fault.at(1, operation -> operation.kind() == Kind.SYNC, Effect.IO_ERROR));
            assertThatThrownBy(() -> before.append(first, 3)).isInstanceOf(LogException.OutcomeUnknown.class);
            disk.kill();
            disk.restart();
            PartitionLog log = PartitionLog.open(
                    DIRECTORY,
                    LogOptions.defaults().withDisk(disk).withClock(clock).withSyncPolicy(SyncPolicy.none()));
            before.checkAndAdopt(log);
            before.append(log, 1);
            assertThat(log.flush()).isEqualTo(7);
            disk.powerLoss();
            disk.restart();
            try (PartitionLog again = open(disk)) {
                assertThat(again.recovery().damage()).as("%s", disk).isEmpty();
                before.checkAndAdopt(again);
            }
        }
    }

    @Test
    void a_flush_does_not_call_durable_what_is_yet_to_be_written_anew() {
        SimDisk disk = new SimDisk(1);
        crashWithAFailedSync(disk);
        disk.inject(Fault.from(1, RecoveryStepsTest::isLogWrite, Effect.NO_SPACE));
        PartitionLog log = open(disk);
        long durable = log.durableOffset();
        assertThat(durable).isLessThan(6);
        assertThatThrownBy(log::flush).isInstanceOf(LogException.ReadOnly.class);
        assertThat(log.durableOffset()).isEqualTo(durable);
        disk.heal();
        clock.advance(Duration.ofSeconds(1));
        assertThat(log.flush()).isEqualTo(6);
        assertThat(log.state()).isEqualTo(LogState.READY);
        log.close();
    }

    @Test
    void a_torn_commit_is_in_quarantine_once_and_whole_wherever_recovery_breaks_off() {
        for (Effect effect : List.of(Effect.KILL, Effect.POWER_LOSS, Effect.NO_SPACE, Effect.SHORT_WRITE_NO_SPACE)) {
            for (long at = 1; ; at++) {
                SimDisk disk = new SimDisk(at);
                Ledger stored = new Ledger();
                PartitionLog log = open(disk);
                stored.append(log, 3);
                long end = log.describe().bytes();
                disk.kill();
                disk.restart();
                disk.overwrite(FILE, end, TORN);
                disk.inject(Fault.at(at, Operation::changes, effect));
                boolean interrupted;
                try (PartitionLog recovered = open(disk)) {
                    interrupted = recovered.state() != LogState.READY;
                } catch (LogException e) {
                    interrupted = true;
                }
                disk.restart();
                clock.advance(Duration.ofSeconds(1));
                String context = effect + " at operation " + at;
                try (PartitionLog again = open(disk)) {
                    stored.checkAndAdopt(again);
                    stored.append(again, 1);
                    stored.checkAndAdopt(again);
                    checkQuarantine(disk, context);
                } catch (LogException | AssertionError e) {
                    throw new AssertionError(context + ": " + e + " with " + disk.names(DIRECTORY), e);
                }
                if (!interrupted) {
                    break;
                }
            }
        }
    }

    private static void checkQuarantine(SimDisk disk, String context) {
        List<String> kept = disk.names(DIRECTORY).stream()
                .filter(name -> name.endsWith(".quarantine"))
                .toList();
        assertThat(kept).as(context).isNotEmpty();
        for (String name : kept) {
            byte[] bytes = disk.bytes(DIRECTORY.resolve(name));
            assertThat(Arrays.copyOf(bytes, TORN.length))
                    .as(context + ": " + name)
                    .isEqualTo(TORN);
        }
        assertThat(disk.names(DIRECTORY)).as(context).noneMatch(name -> name.endsWith(".tmp"));
    }

    @Test
    void a_log_that_lost_its_tail_tells_how_much() {
        SimDisk disk = new SimDisk(1);
        try (PartitionLog log = open(disk)) {
            for (int i = 0; i < 10; i++) {
                ledger.append(log, 2);
            }
        }
        int size = disk.bytes(FILE).length;
        for (int cut = 1; cut < size; cut += 7) {
            SimDisk damaged = disk.copy();
            damaged.cutTo(FILE, size - cut);
            LogException.TailLost lost = catchThrowableOfType(LogException.TailLost.class, () -> open(damaged));
            assertThat(lost.durableOffset()).isEqualTo(20);
            assertThat(lost.logEndOffset()).isLessThan(20);
            assertThat(lost).hasMessageContaining((20 - lost.logEndOffset()) + " offsets are missing");
            assertThat(damaged.bytes(FILE)).hasSize(size - cut);
        }
    }

    @Test
    void a_file_of_another_log_in_the_place_of_the_active_segment_is_refused_even_if_it_is_just_as_long() {
        SimDisk disk = new SimDisk(1);
        SimDisk other = new SimDisk(2);
        for (SimDisk each : List.of(disk, other)) {
            try (PartitionLog log = open(each)) {
                log.append(Ledger.record(1));
            }
        }
        byte[] foreign = other.bytes(FILE);
        assertThat(foreign).hasSameSizeAs(disk.bytes(FILE));
        disk.put(FILE, foreign);
        assertThatThrownBy(() -> open(disk))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("restore the right file");
        assertThat(disk.bytes(FILE)).isEqualTo(foreign);
    }
}
