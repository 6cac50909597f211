package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Fault.Effect;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The power goes, or the process dies, before each single operation that changes the disk, in a workload that does
 * everything: appends, rolls, deletions, flushes, marks, clean closes. And once more while the log recovers from that.
 */
class CrashTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final ManualClock clock = new ManualClock();

    private LogOptions options(SimDisk disk) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
    }

    /** Goes on until it is done or the disk goes down; everything acknowledged is in the ledger. */
    private void work(SimDisk disk, Ledger ledger) {
        for (int life = 0; life < 2; life++) {
            PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
            for (int i = 0; i < 12; i++) {
                ledger.append(log, 1 + i % 4);
                if (i == 5) {
                    clock.advance(Duration.ofMillis(150));
                    log.housekeep();
                }
                if (i == 8) {
                    long offset = ledger.nextOffset() / 2;
                    // Noted down first: when it is interrupted, either start is right.
                    ledger.deletedBefore(log.logStartOffset());
                    if (log.deleteBefore(offset) == offset) {
                        ledger.deletedBefore(offset);
                    }
                }
                if (i == 10) {
                    log.roll();
                }
            }
            log.close();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Effect.class,
            names = {"POWER_LOSS", "KILL"})
    void nothing_acknowledged_is_lost_wherever_it_happens(Effect effect) {
        long operations = countChanges();
        assertThat(operations).isGreaterThan(100);
        for (long at = 1; at <= operations; at++) {
            for (long seed = 0; seed < (effect == Effect.KILL ? 1 : 4); seed++) {
                crashAt(effect, at, seed);
            }
        }
    }

    private long countChanges() {
        SimDisk disk = new SimDisk(0);
        disk.recordOperations();
        work(disk, new Ledger());
        return disk.operations().stream().filter(Operation::changes).count();
    }

    private void crashAt(Effect effect, long at, long seed) {
        String context = effect + " at operation " + at + ", seed " + seed;
        SimDisk disk = new SimDisk(seed);
        disk.inject(Fault.at(at, Operation::changes, effect));
        Ledger ledger = new Ledger();
        boolean finished = true;
        try {
            work(disk, ledger);
        } catch (LogException e) {
            finished = false;
        }
        assertThat(finished).as(context).isFalse();
        disk.restart();
        try {
            try (ObservedLog observed = ObservedLog.open(DIRECTORY, options(disk))) {
                assertThat(observed.describe().logEndOffset())
                        .as("%s: seen from outside before recovery", context)
                        .isGreaterThanOrEqualTo(ledger.nextOffset());
            } catch (LogException.Broken e) {
                assertThat(ledger.size()).as("%s: no log yet: %s", context, e).isZero();
            }
            recoverWithACrashInBetween(disk, ledger, effect, context);
        } catch (LogException | AssertionError e) {
            throw new AssertionError(context + ": " + e.getMessage() + " with " + disk.names(DIRECTORY), e);
        }
    }

    private void recoverWithACrashInBetween(SimDisk disk, Ledger ledger, Effect effect, String context) {
        for (long at = 1; ; at++) {
            SimDisk again = disk.copy();
            again.inject(Fault.at(at, Operation::changes, effect));
            boolean hit = false;
            try {
                PartitionLog.open(DIRECTORY, options(again));
            } catch (LogException e) {
                hit = true;
            }
            again.restart();
            if (!hit) {
                break;
            }
            try (ObservedLog observed = ObservedLog.open(DIRECTORY, options(again))) {
                assertThat(observed.describe().logEndOffset())
                        .as("%s, then at operation %d of recovery", context, at)
                        .isGreaterThanOrEqualTo(ledger.nextOffset());
            } catch (LogException.Broken e) {
                assertThat(ledger.size()).as("%s: no log yet: %s", context, e).isZero();
            }
        }
        long end;
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            assertThat(log.recovery().damage()).as("a crash is no damage").isEmpty();
            ledger.checkAndAdopt(log);
            end = log.logEndOffset();
            assertThat(end).isEqualTo(Math.max(ledger.nextOffset(), log.logStartOffset()));
            assertThat(ledger.append(log, 2)).isEqualTo(end);
            ledger.checkAndAdopt(log);
        }
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(DIRECTORY, options(disk), findings::add, bytes -> {});
        assertThat(findings).as(context).isEmpty();
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            assertThat(log.recovery().clean()).isTrue();
            ledger.checkAndAdopt(log);
        }
    }

    @Test
    void what_recovery_served_once_is_not_lost_by_a_loss_of_power_right_after() {
        for (long seed = 0; seed < 200; seed++) {
            SimDisk disk = new SimDisk(seed);
            Ledger ledger = new Ledger();
            PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
            ledger.append(log, 3);
            // Written, but the sync fails, and Linux forgets that the pages are dirty.
            disk.inject(Fault.at(1, operation -> operation.kind() == Operation.Kind.SYNC, Effect.IO_ERROR));
            try {
                ledger.append(log, 3);
            } catch (LogException.OutcomeUnknown e) {
                assertThat(log.state()).isEqualTo(LogState.FAILED);
            }
            disk.kill();
            disk.restart();
            PartitionLog recovered = PartitionLog.open(DIRECTORY, options(disk));
            ledger.checkAndAdopt(recovered);
            assertThat(ledger.size())
                    .as("the records of the failed sync are served")
                    .isEqualTo(6);
            disk.powerLoss();
            disk.restart();
            try (PartitionLog last = PartitionLog.open(DIRECTORY, options(disk))) {
                ledger.checkAndAdopt(last);
            } catch (AssertionError e) {
                throw new AssertionError(disk + ": " + e.getMessage(), e);
            }
        }
    }

    /** The process dies before an operation, another one opens the log and appends, and then the power goes. */
    @Test
    void nothing_is_built_on_names_that_a_dead_process_left_unsynced() {
        long operations = countChanges();
        for (long at = 1; at <= operations; at++) {
            for (long seed = 0; seed < 4; seed++) {
                SimDisk disk = new SimDisk(seed);
                disk.inject(Fault.at(at, Operation::changes, Effect.KILL));
                Ledger ledger = new Ledger();
                try {
                    work(disk, ledger);
                } catch (LogException e) {
                    assertThat(e).as("what broke the work off").isNotInstanceOf(LogException.Broken.class);
                }
                disk.restart();
                String context = "kill at operation " + at + ", " + disk;
                try {
                    PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
                    ledger.checkAndAdopt(log);
                    ledger.append(log, 1);
                    disk.powerLoss();
                    disk.restart();
                    try (PartitionLog again = PartitionLog.open(DIRECTORY, options(disk))) {
                        assertThat(again.recovery().damage()).isEmpty();
                        ledger.checkAndAdopt(again);
                    }
                } catch (LogException | AssertionError e) {
                    throw new AssertionError(context + ": " + e + " with " + disk.names(DIRECTORY), e);
                }
            }
        }
    }
}
