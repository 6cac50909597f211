package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where damage ends and a torn commit begins: at the durable mark, and what that means for the last commit of all. */
class DurableMarkTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final Path FILE = DIRECTORY.resolve("00000000000000000000.log");

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(1);
    private final Ledger ledger = new Ledger();

    private PartitionLog open() {
        return PartitionLog.open(DIRECTORY, LogOptions.defaults().withDisk(disk).withClock(clock));
    }

    /** Five commits; where the last one begins. */
    private int append(PartitionLog log) {
        for (int i = 0; i < 4; i++) {
            ledger.append(log, 2);
        }
        int start = (int) log.describe().bytes();
        ledger.append(log, 2);
        return start;
    }

    private void crash() {
        disk.kill();
        disk.restart();
    }

    @Test
    void the_last_commit_of_a_crashed_log_cannot_be_told_from_a_torn_one_and_is_put_aside() {
        int start = append(open());
        crash();
        disk.flipBit(FILE, (start + 100L) * 8);
        byte[] before = disk.bytes(FILE);
        try (PartitionLog log = open()) {
            // The limit of one sync for each commit: nothing tells any more that this one was acknowledged.
            assertThat(log.logEndOffset()).isEqualTo(8);
            assertThat(log.recovery().damage()).isEmpty();
            byte[] kept = disk.bytes(DIRECTORY.resolve(log.recovery().quarantineFile()));
            assertThat((long) kept.length)
                    .isEqualTo(log.recovery().quarantinedBytes())
                    .isPositive();
            assertThat(kept).isEqualTo(Arrays.copyOfRange(before, start, start + kept.length));
        }
    }

    @Test
    void the_durable_mark_of_an_idle_log_keeps_the_last_commit_from_being_taken_for_a_torn_one() {
        PartitionLog idle = open();
        int start = append(idle);
        clock.advance(Duration.ofMillis(101));
        idle.housekeep();
        crash();
        disk.flipBit(FILE, (start + 100L) * 8);
        try (PartitionLog log = open()) {
            checkDamaged(log);
        }
    }

    @Test
    void a_clean_close_keeps_the_last_commit_from_being_taken_for_a_torn_one() {
        int start;
        try (PartitionLog log = open()) {
            start = append(log);
        }
        disk.flipBit(FILE, (start + 100L) * 8);
        try (PartitionLog log = open()) {
            checkDamaged(log);
        }
    }

    @Test
    void offsets_are_not_given_out_again_though_nothing_behind_the_damage_tells_of_them() {
        int start;
        try (PartitionLog log = open()) {
            start = append(log);
        }
        // Another owner came, wrote zeros ahead, and died before it wrote anything else.
        disk.overwrite(FILE, disk.bytes(FILE).length, new byte[4096]);
        disk.flipBit(FILE, (start + 20L) * 8);
        try (PartitionLog log = open()) {
            assertThat(log.recovery().clean()).isFalse();
            checkDamaged(log);
        }
    }

    /** The last commit is told to be damaged, kept where it is, and its offsets are not given out again. */
    private void checkDamaged(PartitionLog log) {
        assertThat(log.recovery().quarantinedBytes()).isZero();
        LogException.CorruptRecord told =
                catchThrowableOfType(LogException.CorruptRecord.class, () -> log.read(8, 100));
        assertThat(told.firstOffset()).isEqualTo(8);
        assertThat(told.lastOffset()).isEqualTo(9);
        assertThat(log.append(Ledger.record(99))).isEqualTo(10);
        assertThat(log.read(10, 100).records()).hasSize(1);
        assertThatThrownBy(() -> log.read(9, 100)).isInstanceOf(LogException.CorruptRecord.class);
        assertThat(log.read(0, 10_000).nextOffset()).isEqualTo(8);
    }

    @Test
    void a_frame_in_the_place_of_another_of_the_same_log_is_not_believed() {
        int[] starts = new int[3];
        try (PartitionLog log = open()) {
            for (int i = 0; i < 3; i++) {
                starts[i] = (int) log.describe().bytes();
                log.append(NewRecord.of(1, new byte[] {(byte) i}));
            }
        }
        byte[] frame = Arrays.copyOfRange(disk.bytes(FILE), starts[0], starts[1]);
        assertThat(starts[2] - starts[1]).as("frames of one size").isEqualTo(frame.length);
        disk.overwrite(FILE, starts[1], frame);
        try (PartitionLog log = open()) {
            assertThat(log.read(0, 0).records()).hasSize(1);
            assertThatThrownBy(() -> log.read(1, 0)).isInstanceOf(LogException.CorruptRecord.class);
            assertThat(log.read(2, 0).records().get(0).value()).isEqualTo(new byte[] {2});
        }
    }

    @Test
    void a_commit_that_found_no_room_half_way_does_not_come_back_after_a_crash() {
        PartitionLog log = open();
        ledger.append(log, 2);
        Commit commit = log.newCommit();
        for (int i = 0; i < 3; i++) {
            commit.stage(ledger.batch(1));
        }
        int end = (int) log.describe().bytes();
        // Larger than the zeros written ahead, so that the first three batches find room and this one does not.
        commit.stage(List.of(NewRecord.of(1, new byte[100_000])));
        disk.setCapacityBytes(totalBytes() + 1_000);
        assertThatThrownBy(() -> log.commit(commit))
                .isInstanceOf(LogException.ReadOnly.class)
                .hasMessageContaining("this append was not stored");
        assertThat(commit.storedBatches()).isZero();
        assertThat(log.logEndOffset()).isEqualTo(2);
        crash();
        assertThat(disk.bytes(FILE)).as("all of it was taken back").hasSize(end);
        try (PartitionLog again = open()) {
            ledger.checkAndAdopt(again);
            assertThat(again.logEndOffset()).isEqualTo(2);
        }
    }

    private long totalBytes() {
        return disk.names(DIRECTORY).stream()
                .mapToLong(name -> disk.bytes(DIRECTORY.resolve(name)).length)
                .sum();
    }
}
