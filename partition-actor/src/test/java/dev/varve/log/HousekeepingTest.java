package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation.Kind;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is due by the clock is done when it is due, and the owner is not asked to come back for nothing. */
class HousekeepingTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final Duration FOREVER = ChronoUnit.FOREVER.getDuration();

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(1);

    private PartitionLog open(SyncPolicy policy) {
        return PartitionLog.open(DIRECTORY, options().withSyncPolicy(policy));
    }

    private LogOptions options() {
        return LogOptions.defaults().withDisk(disk).withClock(clock);
    }

    @Test
    void a_log_that_never_syncs_lets_its_owner_rest() {
        try (PartitionLog log = open(SyncPolicy.none())) {
            log.append(Ledger.record(1));
            clock.advance(Duration.ofMillis(150));
            assertThat(log.housekeep()).isEqualTo(Duration.ofSeconds(1));
        }
    }

    @Test
    void a_log_whose_sync_is_due_later_than_its_mark_lets_its_owner_rest_until_then_and_marks_afterwards() {
        try (PartitionLog log = open(SyncPolicy.everyNWrites(100, Duration.ofMillis(500)))) {
            log.append(Ledger.record(1));
            clock.advance(Duration.ofMillis(150));
            assertThat(log.housekeep()).isEqualTo(Duration.ofMillis(350));
            clock.advance(Duration.ofMillis(350));
            long bytes = log.describe().bytes();
            assertThat(log.durableOffset()).isZero();
            log.housekeep();
            assertThat(log.durableOffset()).isEqualTo(1);
            assertThat(log.describe().bytes()).as("with the mark").isGreaterThan(bytes);
            assertThat(log.housekeep()).isEqualTo(Duration.ofSeconds(1));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000, Integer.MAX_VALUE - 1, Integer.MAX_VALUE})
    void the_delay_of_every_n_writes_is_kept_whatever_the_number_of_writes(int writes) {
        try (PartitionLog log = open(SyncPolicy.everyNWrites(writes, Duration.ofMillis(20)))) {
            log.append(Ledger.record(1));
            clock.advance(Duration.ofMillis(20));
            log.housekeep();
            assertThat(log.durableOffset()).isEqualTo(1);
        }
    }

    @Test
    void an_idle_log_syncs_nothing() {
        try (PartitionLog log = open(SyncPolicy.everyNWrites(10, Duration.ofMillis(20)))) {
            log.append(Ledger.record(1));
            for (int i = 0; i < 5; i++) {
                clock.advance(Duration.ofMillis(150));
                log.housekeep();
            }
            long syncs = disk.count(Kind.SYNC);
            for (int i = 0; i < 100; i++) {
                clock.advance(Duration.ofSeconds(1));
                assertThat(log.housekeep()).isEqualTo(Duration.ofSeconds(1));
            }
            assertThat(disk.count(Kind.SYNC)).isEqualTo(syncs);
        }
    }

    @Test
    void an_age_may_be_for_ever_and_a_delay_a_hundred_years() {
        LogOptions options = options()
                .withSyncPolicy(SyncPolicy.everyNWrites(2, SyncPolicy.LONGEST_DELAY))
                .withRollPolicy(RollPolicy.DEFAULT.withMaxAge(FOREVER))
                .withMarkDelay(SyncPolicy.LONGEST_DELAY);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            log.append(Ledger.record(1));
            clock.advance(Duration.ofDays(36_000));
            assertThat(log.housekeep()).isEqualTo(Duration.ofSeconds(1));
            assertThat(log.durableOffset()).isZero();
            log.append(Ledger.record(2));
            assertThat(log.durableOffset()).isEqualTo(2);
            assertThat(log.housekeep()).isEqualTo(Duration.ofSeconds(1));
            assertThat(log.describe().segments()).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE})
    void a_wall_clock_that_jumps_anywhere_keeps_nobody_from_appending(long wallMillis) {
        try (PartitionLog log = open(SyncPolicy.everyWrite())) {
            log.append(Ledger.record(1));
            clock.jumpTo(wallMillis);
            log.append(Ledger.record(2));
            log.housekeep();
            log.roll();
            clock.jumpTo(1_700_000_000_000L);
            log.append(Ledger.record(3));
            log.housekeep();
            log.append(Ledger.record(4));
            assertThat(log.read(0, 10_000).records()).hasSize(4);
        }
        try (PartitionLog log = open(SyncPolicy.everyWrite())) {
            assertThat(log.read(0, 10_000).records()).hasSize(4);
        }
    }
}
