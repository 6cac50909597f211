package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Fault.Effect;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.Operation.Kind;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The disk refuses: once or from then on, at every single operation of a workload that does everything. */
class FaultTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final ManualClock clock = new ManualClock();

    private LogOptions options(SimDisk disk) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
    }

    /** Carries on whatever is refused, as a user would; what is acknowledged or in doubt is in the ledger. */
    private final class User {
        private final SimDisk disk;
        private final Ledger ledger = new Ledger();
        private PartitionLog log;
        private boolean sawUnknown;
        private boolean sawReadOnly;

        User(SimDisk disk) {
            this.disk = disk;
        }

        void work() {
            log = PartitionLog.open(DIRECTORY, options(disk));
            for (int i = 0; i < 12; i++) {
                int size = 1 + i % 4;
                attempt(() -> ledger.append(log, size));
                if (i == 5) {
                    clock.advance(Duration.ofMillis(150));
                    log.housekeep();
                }
                if (i == 8) {
                    attempt(() -> {
                        ledger.deletedBefore(log.deleteBefore(log.logEndOffset() / 2));
                    });
                }
                if (i == 10) {
                    attempt(log::roll);
                }
                attempt(() -> Ledger.readAll(log, 500));
            }
        }

        private void attempt(Runnable work) {
            LogState before = log.state();
            long syncsBefore = syncs();
            try {
                work.run();
            } catch (LogException.OutcomeUnknown e) {
                sawUnknown = true;
                assertThat(log.state()).isEqualTo(LogState.FAILED);
            } catch (LogException.Failed e) {
                assertThat(log.state()).isEqualTo(LogState.FAILED);
            } catch (LogException.ReadOnly e) {
                sawReadOnly = true;
                assertThat(log.state()).isEqualTo(LogState.READ_ONLY);
            } catch (LogException.IoFailed e) {
                assertThat(e.file()).isNotNull();
            }
            if (before == LogState.FAILED) {
                assertThat(syncs()).as("syncs of a failed log").isEqualTo(syncsBefore);
            }
        }

        private long syncs() {
            return disk.count(Kind.SYNC) + disk.count(Kind.SYNC_DIRECTORY);
        }

        /** Whatever the state: what is acknowledged can be read. */
        void checkReadable() {
            disk.heal();
            for (long offset = log.logStartOffset(); offset < ledger.nextOffset(); offset++) {
                assertThat(log.read(offset, 0).records().get(0).toNewRecord()).isEqualTo(ledger.at(offset));
            }
        }

        void reopenAndCheck() {
            long syncsBefore = syncs();
            LogState before = log.state();
            try {
                log.close();
            } catch (LogException.IoFailed e) {
                assertThat(before).isEqualTo(LogState.READY);
            }
            if (before == LogState.FAILED) {
                assertThat(syncs()).as("syncs in closing a failed log").isEqualTo(syncsBefore);
            }
            try (PartitionLog again = PartitionLog.open(DIRECTORY, options(disk))) {
                assertThat(again.recovery().damage()).isEmpty();
                ledger.checkAndAdopt(again);
                ledger.append(again, 2);
                ledger.checkAndAdopt(again);
            }
        }
    }

    private long countOperations() {
        SimDisk disk = new SimDisk(0);
        disk.recordOperations();
        new User(disk).work();
        return disk.operations().size();
    }

    @ParameterizedTest
    @EnumSource(
            value = Effect.class,
            names = {"IO_ERROR", "SHORT_WRITE", "ACCESS_DENIED", "TOO_MANY_OPEN_FILES"})
    void an_error_of_the_disk_loses_nothing_acknowledged_wherever_it_happens(Effect effect) {
        long operations = countOperations();
        boolean sawUnknown = false;
        for (boolean lasting : new boolean[] {false, true}) {
            for (long at = 1; at <= operations; at++) {
                SimDisk disk = new SimDisk(at);
                Predicate<Operation> all = operation -> true;
                disk.inject(lasting ? Fault.from(at, all, effect) : Fault.at(at, all, effect));
                User user = new User(disk);
                try {
                    work(user);
                    sawUnknown |= user.sawUnknown;
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError(
                            effect + (lasting ? " from" : " at") + " operation " + at + ", " + disk + ": " + e, e);
                }
            }
        }
        assertThat(sawUnknown).isTrue();
    }

    private static void work(User user) {
        try {
            user.work();
        } catch (LogException.IoFailed e) {
            assertThat(user.log).as("only opening may fail like this: %s", e).isNull();
            user.disk.heal();
            user.work();
        }
        user.checkReadable();
        user.reopenAndCheck();
    }

    @ParameterizedTest
    @EnumSource(
            value = Effect.class,
            names = {"NO_SPACE", "SHORT_WRITE_NO_SPACE"})
    void a_full_disk_makes_the_log_read_only_until_there_is_room_and_loses_nothing(Effect effect) {
        long operations = countOperations();
        boolean sawReadOnly = false;
        Predicate<Operation> takesRoom = operation ->
                operation.kind() == Kind.WRITE || operation.kind() == Kind.CREATE || operation.kind() == Kind.RENAME;
        for (boolean lasting : new boolean[] {false, true}) {
            for (long at = 1; at <= operations; at++) {
                SimDisk disk = new SimDisk(at);
                disk.inject(lasting ? Fault.from(at, takesRoom, effect) : Fault.at(at, takesRoom, effect));
                User user = new User(disk);
                try {
                    work(user);
                    assertThat(user.sawUnknown)
                            .as("a full disk leaves nothing in doubt")
                            .isFalse();
                    sawReadOnly |= user.sawReadOnly;
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError(effect + (lasting ? " from" : " at") + " operation " + at + ": " + e, e);
                }
            }
        }
        assertThat(sawReadOnly).isTrue();
    }

    @Test
    void appends_go_on_by_themselves_when_there_is_room_again() {
        SimDisk disk = new SimDisk(1);
        Ledger ledger = new Ledger();
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
        disk.setCapacityBytes(100_000);
        assertThatThrownBy(() -> {
                    while (true) {
                        ledger.append(log, 3);
                    }
                })
                .isInstanceOf(LogException.ReadOnly.class)
                .hasMessageContaining("appends go on by themselves");
        assertThat(log.describe().problem()).contains("No space left");
        long end = log.logEndOffset();
        assertThatThrownBy(() -> ledger.append(log, 1)).isInstanceOf(LogException.ReadOnly.class);
        ledger.checkAndAdopt(log);
        disk.setCapacityBytes(1_000_000);
        clock.advance(Duration.ofSeconds(1));
        log.housekeep();
        assertThat(log.state()).isEqualTo(LogState.READY);
        assertThat(ledger.append(log, 1))
                .as("the refused batches left no trace")
                .isEqualTo(end);
        ledger.checkAndAdopt(log);
        log.close();
    }

    @Test
    void deleting_gives_room_on_a_full_disk() {
        SimDisk disk = new SimDisk(1);
        Ledger ledger = new Ledger();
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
        disk.setCapacityBytes(200_000);
        assertThatThrownBy(() -> {
                    while (true) {
                        ledger.append(log, 3);
                    }
                })
                .isInstanceOf(LogException.ReadOnly.class);
        ledger.deletedBefore(log.deleteBefore(log.logEndOffset() - 5));
        clock.advance(Duration.ofSeconds(1));
        ledger.append(log, 3);
        ledger.checkAndAdopt(log);
        log.close();
    }

    @Test
    void a_torn_log_opens_on_a_full_disk_to_be_read_and_is_put_in_order_when_there_is_room() {
        SimDisk disk = new SimDisk(1);
        Ledger ledger = new Ledger();
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
        ledger.append(log, 5);
        long end = log.describe().bytes();
        disk.kill();
        disk.restart();
        Path file = DIRECTORY.resolve("00000000000000000000.log");
        disk.overwrite(file, end, "what a torn commit leaves".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        disk.setCapacityBytes(disk.bytes(file).length);
        try (PartitionLog recovered = PartitionLog.open(DIRECTORY, options(disk))) {
            assertThat(recovered.state()).isEqualTo(LogState.READ_ONLY);
            ledger.checkAndAdopt(recovered);
            assertThatThrownBy(() -> ledger.append(recovered, 1)).isInstanceOf(LogException.ReadOnly.class);
            assertThatThrownBy(() -> recovered.deleteBefore(3)).isInstanceOf(LogException.ReadOnly.class);
            disk.setCapacityBytes(1_000_000);
            clock.advance(Duration.ofSeconds(1));
            ledger.append(recovered, 1);
            assertThat(recovered.recovery().quarantinedBytes())
                    .as("25, rounded up to a word")
                    .isEqualTo(32);
            ledger.checkAndAdopt(recovered);
        }
    }

    @Test
    void a_failed_log_takes_no_more_appends_until_it_is_opened_again() {
        SimDisk disk = new SimDisk(1);
        Ledger ledger = new Ledger();
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
        ledger.append(log, 2);
        disk.inject(Fault.at(1, operation -> operation.kind() == Kind.SYNC, Effect.IO_ERROR));
        assertThatThrownBy(() -> ledger.append(log, 2))
                .isInstanceOf(LogException.OutcomeUnknown.class)
                .hasMessageContaining("open it again");
        assertThatThrownBy(() -> ledger.append(log, 2)).isInstanceOf(LogException.Failed.class);
        assertThatThrownBy(log::flush).isInstanceOf(LogException.Failed.class);
        assertThat(log.logEndOffset()).as("what is in doubt is not shown").isEqualTo(2);
        log.close();
        try (PartitionLog again = PartitionLog.open(DIRECTORY, options(disk))) {
            ledger.checkAndAdopt(again);
            ledger.append(again, 1);
        }
    }

    @Test
    void an_owner_whose_lock_file_was_deleted_is_fenced_before_it_harms_the_next_one() {
        SimDisk disk = new SimDisk(1);
        Ledger ledger = new Ledger();
        PartitionLog first = PartitionLog.open(DIRECTORY, options(disk));
        ledger.append(first, 2);
        disk.remove(DIRECTORY.resolve("lock"));
        disk.put(DIRECTORY.resolve("lock"), new byte[0]);
        assertThatThrownBy(() -> first.append(Ledger.record(99)))
                .isInstanceOf(LogException.OutcomeUnknown.class)
                .hasMessageContaining("another owner");
        assertThat(first.state()).isEqualTo(LogState.FAILED);
        ledger.checkAndAdopt(first);
    }
}
