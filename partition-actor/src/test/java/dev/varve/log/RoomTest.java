package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** From a full disk back to work: as soon as there is room for what is asked for, and without taking more than that. */
class RoomTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final int SEGMENT_BYTES = 256 << 10;

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(1);
    private final Ledger ledger = new Ledger();
    private PartitionLog log;

    @BeforeEach
    void open() {
        log = PartitionLog.open(
                DIRECTORY,
                LogOptions.defaults()
                        .withDisk(disk)
                        .withClock(clock)
                        .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(SEGMENT_BYTES)));
        ledger.append(log, 3);
    }

    private long usedBytes() {
        return disk.names(DIRECTORY).stream()
                .mapToLong(name -> disk.bytes(DIRECTORY.resolve(name)).length)
                .sum();
    }

    private void leaveRoom(long bytes) {
        disk.setCapacityBytes(usedBytes() + bytes);
        clock.advance(Duration.ofSeconds(1));
    }

    private void refuseLarge() {
        assertThatThrownBy(() -> log.append(NewRecord.of(1, new byte[5_000_000])))
                .isInstanceOf(LogException.ReadOnly.class);
        assertThat(log.state()).isEqualTo(LogState.READ_ONLY);
    }

    @Test
    void a_large_append_that_found_no_room_keeps_no_small_one_waiting() {
        leaveRoom(1_000_000);
        refuseLarge();
        clock.advance(Duration.ofSeconds(1));
        ledger.append(log, 3);
        assertThat(log.state()).isEqualTo(LogState.READY);
        ledger.checkAndAdopt(log);
    }

    @Test
    void the_log_waits_for_room_for_what_was_refused_even_if_something_else_was_refused_since() {
        leaveRoom(1_000_000);
        refuseLarge();
        disk.setCapacityBytes(usedBytes());
        assertThatThrownBy(() -> log.deleteBefore(2)).isInstanceOf(LogException.ReadOnly.class);
        leaveRoom(2_000_000);
        log.housekeep();
        assertThat(log.state()).isEqualTo(LogState.READ_ONLY);
        leaveRoom(20_000_000);
        log.housekeep();
        assertThat(log.state()).isEqualTo(LogState.READY);
        assertThat(log.append(NewRecord.of(1, new byte[5_000_000]))).isEqualTo(3);
    }

    @Test
    void looking_for_room_takes_no_more_of_it_than_the_segment_has_left() {
        leaveRoom(1_000_000);
        refuseLarge();
        leaveRoom(100_000_000);
        log.housekeep();
        assertThat(log.state()).isEqualTo(LogState.READY);
        assertThat(disk.names(DIRECTORY).stream().filter(name -> name.endsWith(".log")))
                .allSatisfy(name ->
                        assertThat(disk.bytes(DIRECTORY.resolve(name)).length).isLessThanOrEqualTo(SEGMENT_BYTES));
    }
}
