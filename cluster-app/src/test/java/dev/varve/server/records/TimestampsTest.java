package dev.varve.server.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DateTimeException;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TimestampsTest {
    private static long millis(String instant) {
        return Instant.parse(instant).toEpochMilli();
    }

    @Test
    void a_timestamp_is_written_in_utc_with_three_digits_of_a_second() {
        assertThat(Timestamps.format(millis("2026-01-31T12:00:00Z"))).isEqualTo("2026-01-31T12:00:00.000Z");
        assertThat(Timestamps.format(millis("2026-01-31T12:00:00.250Z"))).isEqualTo("2026-01-31T12:00:00.250Z");
        assertThat(Timestamps.format(-1)).isEqualTo("1969-12-31T23:59:59.999Z");
    }

    @Test
    void every_timestamp_that_is_written_can_be_asked_for() {
        for (long timestamp :
                new long[] {Long.MIN_VALUE, -62_200_000_000_000L, -1, 0, 1, 1_769_860_800_123L, Long.MAX_VALUE}) {
            assertThat(Timestamps.parse(Timestamps.format(timestamp))).isEqualTo(timestamp);
        }
    }

    @Test
    void instants_offsets_local_times_and_dates_are_understood() {
        long noon = millis("2026-01-31T12:00:00Z");
        assertThat(Timestamps.parse("2026-01-31T12:00:00Z")).isEqualTo(noon);
        assertThat(Timestamps.parse("2026-01-31T12:00Z")).isEqualTo(noon);
        assertThat(Timestamps.parse("2026-01-31T13:30:00+01:30")).isEqualTo(noon);
        assertThat(Timestamps.parse("2026-01-31T12:00:00")).isEqualTo(noon);
        assertThat(Timestamps.parse("2026-01-31")).isEqualTo(noon - 12 * 3_600_000);
    }

    @Test
    void between_two_milliseconds_the_later_one_is_meant_for_the_earlier_one_is_before() {
        assertThat(Timestamps.parse("2026-01-31T12:00:00.000000001Z")).isEqualTo(millis("2026-01-31T12:00:00.001Z"));
        assertThat(Timestamps.parse("1969-12-31T23:59:59.9985Z")).isEqualTo(-1);
    }

    @Test
    void a_time_beyond_all_timestamps_is_the_nearest_one() {
        assertThat(Timestamps.parse("+999999999-12-31T23:59:59Z")).isEqualTo(Long.MAX_VALUE);
        assertThat(Timestamps.parse("-999999999-01-01")).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void anything_else_is_refused() {
        for (String text : new String[] {"", "now", "1769860800", "2026-13-01", "2026-01-31T", "2026-01-31 12:00:00"}) {
            assertThatThrownBy(() -> Timestamps.parse(text)).as(text).isInstanceOf(DateTimeException.class);
        }
    }
}
