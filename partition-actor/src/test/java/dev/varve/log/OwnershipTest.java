package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Somebody deletes the lock file, so that a second owner can open the log: whatever the first one does, it harms nothing. */
class OwnershipTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(1);
    private final Ledger ledger = new Ledger();
    private PartitionLog first;
    private PartitionLog second;

    private PartitionLog open() {
        return PartitionLog.open(DIRECTORY, LogOptions.defaults().withDisk(disk).withClock(clock));
    }

    @BeforeEach
    void openFirst() {
        first = open();
        ledger.append(first, 3);
    }

    private void loseLock() {
        disk.remove(DIRECTORY.resolve("lock"));
        second = open();
        ledger.append(second, 3);
    }

    /** What the second one stored is there, and it goes on undisturbed. */
    private void checkSecond() {
        ledger.checkAndAdopt(second);
        ledger.append(second, 2);
        second.close();
        try (PartitionLog third = open()) {
            assertThat(third.recovery().clean()).isTrue();
            ledger.checkAndAdopt(third);
            assertThat(third.logEndOffset()).isEqualTo(ledger.nextOffset());
        }
    }

    @Test
    void an_append_of_the_old_owner_is_refused() {
        loseLock();
        assertThatThrownBy(() -> first.append(Ledger.record(99)))
                .isInstanceOf(LogException.OutcomeUnknown.class)
                .hasMessageContaining("another owner");
        first.close();
        checkSecond();
    }

    @Test
    void a_close_of_the_old_owner_cuts_nothing_off_and_leaves_the_manifest() {
        loseLock();
        assertThatThrownBy(() -> first.close())
                .isInstanceOf(LogException.IoFailed.class)
                .hasMessageContaining("another owner");
        assertThat(first.state()).isEqualTo(LogState.CLOSED);
        checkSecond();
    }

    @Test
    void a_deletion_by_the_old_owner_deletes_nothing() {
        loseLock();
        assertThatThrownBy(() -> first.delete())
                .isInstanceOf(LogException.IoFailed.class)
                .hasMessageContaining("another owner");
        checkSecond();
    }

    @Test
    void housekeeping_of_the_old_owner_leaves_no_mark() {
        loseLock();
        clock.advance(Duration.ofSeconds(1));
        first.housekeep();
        assertThat(first.state()).isEqualTo(LogState.FAILED);
        checkSecond();
    }

    @Test
    void an_old_owner_that_waits_for_room_does_not_look_for_it_in_the_place_of_the_next_ones_frames() {
        disk.setCapacityBytes(disk.bytes(DIRECTORY.resolve("00000000000000000000.log")).length + 2_000);
        assertThatThrownBy(() -> first.append(NewRecord.of(1, new byte[200_000])))
                .isInstanceOf(LogException.ReadOnly.class);
        disk.setCapacityBytes(10_000_000);
        loseLock();
        clock.advance(Duration.ofSeconds(1));
        first.housekeep();
        assertThat(first.state()).isEqualTo(LogState.FAILED);
        checkSecond();
    }

    @Test
    void a_flush_of_the_old_owner_says_that_its_appends_are_not_the_logs_any_more() {
        loseLock();
        assertThatThrownBy(() -> first.flush())
                .isInstanceOf(LogException.OutcomeUnknown.class)
                .hasMessageContaining("another owner");
        checkSecond();
    }

    @Test
    void a_close_that_breaks_off_gives_the_lock_back_all_the_same() {
        disk.onOperation(operation -> {
            if (operation.kind() == Operation.Kind.RENAME) {
                throw new IllegalStateException("a bug");
            }
        });
        assertThatThrownBy(() -> first.close()).isInstanceOf(IllegalStateException.class);
        disk.onOperation(operation -> {});
        second = open();
        ledger.append(second, 5);
        checkSecond();
    }
}
