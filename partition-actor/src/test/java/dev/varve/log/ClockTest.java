package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The wall clock jumps, or stands still. Nothing is lost for it, nothing stops, and every search by time is right. */
class ClockTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final long HOUR = Duration.ofHours(1).toMillis();
    private static final long DECADE = Duration.ofDays(3652).toMillis();

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(51);

    private LogOptions options() {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(16 << 10).withMaxAge(Duration.ofHours(2)));
    }

    private void append(PartitionLog log) {
        log.append(NewRecord.of(clock.wallMillis(), new byte[100]));
    }

    private static void checkTimes(ReadableLog log) {
        List<LogRecord> all = Ledger.readAll(log, 1 << 20);
        for (LogRecord record : all) {
            for (long time : new long[] {record.timestamp() - 1, record.timestamp(), record.timestamp() + 1}) {
                assertThat(log.offsetForTimestamp(time))
                        .as("first at or after %d", time)
                        .isEqualTo(LogContract.scan(all, time));
            }
        }
        assertThat(log.offsetForTimestamp(Long.MIN_VALUE)).isEqualTo(LogContract.scan(all, Long.MIN_VALUE));
        assertThat(log.offsetForTimestamp(Long.MAX_VALUE)).isEqualTo(LogContract.scan(all, Long.MAX_VALUE));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 10})
    void a_clock_that_jumps_forward_and_back_makes_no_search_wrong_and_loses_nothing(long seed) {
        Random random = new Random(seed);
        long[] jumps = {HOUR, -HOUR, DECADE, -DECADE, 0, 1, -1};
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options())) {
            for (int i = 0; i < 400; i++) {
                if (random.nextInt(8) == 0) {
                    clock.jumpTo(clock.wallMillis() + jumps[random.nextInt(jumps.length)]);
                }
                if (random.nextInt(5) == 0) {
                    clock.advance(Duration.ofMillis(random.nextInt(300)));
                    log.housekeep();
                }
                append(log);
            }
            assertThat(log.logStartOffset()).isZero();
            assertThat(log.logEndOffset()).isEqualTo(400);
            checkTimes(log);
        }
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options())) {
            checkTimes(log);
        }
    }

    @Test
    void equal_timestamps_give_the_first_of_them_across_batches_and_segments() {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options())) {
            for (int i = 0; i < 300; i++) {
                append(log);
            }
            assertThat(log.describe().segments()).hasSizeGreaterThan(2);
            checkTimes(log);
            log.deleteBefore(150);
            assertThat(log.offsetForTimestamp(clock.wallMillis())).hasValue(150);
            checkTimes(log);
        }
    }

    @Test
    void a_jump_forward_rolls_an_aged_segment_once_and_not_at_each_append() {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options())) {
            append(log);
            clock.jumpTo(clock.wallMillis() + DECADE);
            for (int i = 0; i < 50; i++) {
                append(log);
                log.housekeep();
            }
            assertThat(log.describe().segments()).hasSize(2);
        }
    }

    @Test
    void a_jump_back_lets_a_segment_live_longer_and_rolls_none() {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options())) {
            append(log);
            clock.jumpTo(clock.wallMillis() - DECADE);
            for (int i = 0; i < 50; i++) {
                append(log);
                log.housekeep();
                clock.advance(Duration.ofMinutes(10));
            }
            assertThat(log.describe().segments()).hasSize(1);
            log.roll();
            append(log);
            clock.advance(Duration.ofHours(3));
            append(log);
            assertThat(log.describe().segments()).as("by the new time").hasSize(3);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, 0, Long.MAX_VALUE})
    void a_clock_at_the_end_of_time_breaks_nothing(long time) {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options())) {
            append(log);
            clock.jumpTo(time);
            append(log);
            log.housekeep();
            append(log);
            clock.jumpTo(-time);
            append(log);
            log.housekeep();
            assertThat(log.state()).isEqualTo(LogState.READY);
            assertThat(log.describe().segments()).hasSizeBetween(1, 3);
            checkTimes(log);
        }
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options())) {
            checkTimes(log);
        }
    }

    @Test
    void delays_do_not_ask_the_clock_that_jumps() {
        LogOptions options = options().withSyncPolicy(SyncPolicy.everyNWrites(1000, Duration.ofMillis(500)));
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            append(log);
            clock.jumpTo(clock.wallMillis() + HOUR);
            log.housekeep();
            assertThat(log.durableOffset()).as("not yet").isZero();
            clock.jumpTo(clock.wallMillis() - DECADE);
            clock.advance(Duration.ofMillis(500));
            log.housekeep();
            assertThat(log.durableOffset()).isEqualTo(1);
        }
    }
}
