package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.Removal.Reason;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What retention lets go, and what it keeps although a clock says otherwise. */
class RetentionTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final Duration DAY = Duration.ofDays(1);
    private static final RetentionPolicy THREE_DAYS = RetentionPolicy.KEEP_ALL.withMaxAge(Duration.ofDays(3));

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(1);
    private final List<Removal> heard = new ArrayList<>();

    private PartitionLog open() {
        PartitionLog log = PartitionLog.open(
                DIRECTORY, LogOptions.defaults().withDisk(disk).withClock(clock));
        log.listen(heard::add);
        return log;
    }

    /** A segment of its own with a record of this moment. */
    private void appendASegment(PartitionLog log) {
        appendASegment(log, clock.wallMillis());
    }

    private void appendASegment(PartitionLog log, long timestamp) {
        log.append(NewRecord.of(timestamp, new byte[100]));
        log.roll();
    }

    private void aSegmentADay(PartitionLog log, int days) {
        for (int i = 0; i < days; i++) {
            appendASegment(log);
            clock.advance(DAY);
        }
    }

    private void jump(Duration by) {
        clock.jumpTo(clock.wallMillis() + by.toMillis());
    }

    @Test
    void segments_go_when_their_last_record_is_older_than_the_age_and_a_listener_hears_of_each() {
        try (PartitionLog log = open()) {
            aSegmentADay(log, 6);
            // Three days old to the millisecond is not older.
            RetentionResult result = log.applyRetention(THREE_DAYS);
            assertThat(result.segments()).isEqualTo(3);
            assertThat(log.logStartOffset()).isEqualTo(3).isEqualTo(result.logStartOffset());
            assertThat(heard).extracting(Removal::reason).containsExactly(Reason.AGE, Reason.AGE, Reason.AGE);
            assertThat(heard).extracting(Removal::firstOffset).containsExactly(0L, 1L, 2L);
            assertThat(heard.stream().mapToLong(Removal::bytes).sum()).isEqualTo(result.bytes());
            assertThat(disk.names(DIRECTORY).stream().filter(name -> name.endsWith(".log")))
                    .hasSize(4);
        }
        try (PartitionLog log = open()) {
            assertThat(log.logStartOffset()).isEqualTo(3);
        }
    }

    @Test
    void the_oldest_segments_go_until_the_log_is_no_larger_than_it_may_be() {
        try (PartitionLog log = open()) {
            aSegmentADay(log, 5);
            long bytes = log.describe().bytes();
            long first = log.describe().segments().get(0).bytes();
            assertThat(log.applyRetention(RetentionPolicy.KEEP_ALL.withMaxBytes(bytes))
                            .segments())
                    .isZero();
            assertThat(log.applyRetention(RetentionPolicy.KEEP_ALL.withMaxBytes(bytes - first))
                            .segments())
                    .isEqualTo(1);
            assertThat(log.applyRetention(RetentionPolicy.KEEP_ALL.withMaxBytes(0))
                            .segments())
                    .isEqualTo(4);
            assertThat(heard).extracting(Removal::reason).containsOnly(Reason.SIZE);
            // The active segment never goes.
            assertThat(log.logStartOffset()).isEqualTo(5);
            log.append(NewRecord.of(1, new byte[100]));
            assertThat(log.applyRetention(RetentionPolicy.KEEP_ALL.withMaxBytes(0))
                            .segments())
                    .isZero();
        }
    }

    @Test
    void deleting_before_an_offset_is_heard_too() {
        try (PartitionLog log = open()) {
            aSegmentADay(log, 3);
            log.deleteBefore(2);
            assertThat(heard).extracting(Removal::reason).containsExactly(Reason.DELETED_BEFORE, Reason.DELETED_BEFORE);
        }
    }

    @Test
    void a_listener_that_fails_harms_nothing() {
        try (PartitionLog log = open()) {
            log.listen(removal -> {
                throw new IllegalStateException("a listener's own trouble");
            });
            aSegmentADay(log, 3);
            log.deleteBefore(2);
            assertThat(log.logStartOffset()).isEqualTo(2);
            log.append(NewRecord.of(1, new byte[1]));
        }
    }

    @Test
    void a_clock_that_jumps_forward_deletes_nothing_before_it_was_steady_for_a_while() {
        try (PartitionLog log = open()) {
            aSegmentADay(log, 2);
            jump(Duration.ofDays(3650));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isZero();
            clock.advance(Duration.ofMinutes(59));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isZero();
            // Somebody sets it right again in time, and nothing was lost.
            jump(Duration.ofDays(-3650));
            clock.advance(Duration.ofHours(5));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isZero();
            clock.advance(Duration.ofHours(17));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isZero();
            clock.advance(DAY);
            assertThat(log.applyRetention(THREE_DAYS).segments()).isEqualTo(1);
        }
    }

    @Test
    void a_clock_that_was_set_right_forward_is_believed_after_a_while() {
        try (PartitionLog log = open()) {
            aSegmentADay(log, 2);
            jump(Duration.ofDays(10));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isZero();
            clock.advance(Duration.ofMinutes(61));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isEqualTo(2);
        }
    }

    @Test
    void a_log_that_is_opened_under_a_clock_from_the_future_loses_nothing_at_once() {
        try (PartitionLog log = open()) {
            aSegmentADay(log, 2);
        }
        jump(Duration.ofDays(3650));
        try (PartitionLog log = open()) {
            assertThat(log.applyRetention(THREE_DAYS).segments()).isZero();
            clock.advance(Duration.ofMinutes(30));
            jump(Duration.ofDays(-3650));
            clock.advance(Duration.ofHours(2));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isZero();
        }
    }

    @Test
    void a_clock_that_goes_back_deletes_nothing_and_keeps_nothing_for_ever() {
        try (PartitionLog log = open()) {
            aSegmentADay(log, 2);
            jump(Duration.ofDays(-3650));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isZero();
            // What is written now says that it is ten years old.
            aSegmentADay(log, 2);
            jump(Duration.ofDays(3650));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isZero();
            clock.advance(Duration.ofHours(2));
            log.append(NewRecord.of(clock.wallMillis(), new byte[1]));
            log.roll();
            // Four days and two hours after the first, three days and two hours after the second.
            assertThat(log.applyRetention(THREE_DAYS).segments()).isEqualTo(2);
            clock.advance(DAY.multipliedBy(2));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isZero();
            clock.advance(DAY.multipliedBy(2));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isEqualTo(3);
        }
    }

    @Test
    void a_record_from_the_future_holds_its_segment_no_longer_than_from_when_it_was_sealed() {
        try (PartitionLog log = open()) {
            appendASegment(log, clock.wallMillis() + Duration.ofDays(3650).toMillis());
            aSegmentADay(log, 2);
            clock.advance(Duration.ofHours(23));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isZero();
            clock.advance(Duration.ofHours(2));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isEqualTo(2);
        }
    }

    @Test
    void records_from_the_past_stay_as_long_as_others_from_when_their_segment_was_sealed() {
        try (PartitionLog log = open()) {
            appendASegment(log, 0);
            aSegmentADay(log, 2);
            assertThat(log.applyRetention(THREE_DAYS).segments()).isZero();
            clock.advance(Duration.ofHours(25));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isEqualTo(2);
        }
    }

    @Test
    void segments_begun_under_a_clock_from_the_future_go_like_others_once_it_is_right_again() {
        try (PartitionLog log = open()) {
            jump(Duration.ofDays(3650));
            appendASegment(log);
            appendASegment(log);
            jump(Duration.ofDays(-3650));
            aSegmentADay(log, 2);
            assertThat(log.applyRetention(THREE_DAYS).segments()).isZero();
            clock.advance(DAY.multipliedBy(2));
            assertThat(log.applyRetention(THREE_DAYS).segments()).isEqualTo(3);
        }
    }

    @Test
    void a_server_that_pulls_the_clock_gently_is_followed() {
        try (PartitionLog log = open()) {
            for (int hour = 0; hour < 24 * 4 + 1; hour++) {
                if (hour == 0) {
                    appendASegment(log);
                }
                clock.advance(Duration.ofHours(1));
                jump(Duration.ofSeconds(2));
                RetentionResult result = log.applyRetention(THREE_DAYS);
                assertThat(result.segments()).isEqualTo(hour == 71 ? 1 : 0);
            }
        }
    }
}
