package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.ProducerEntry;
import dev.varve.log.format.ProducerSnapshot;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Whom a log remembers, how long, and whom it forgets. */
class ProducerTableTest {
    private static final long WEEK = Duration.ofDays(7).toMillis();
    private static final long NOW = 1_700_000_000_000L;

    private final ProducerTable table = new ProducerTable(LogOptions.defaults());

    private static void add(ProducerTable table, long id, long timestamp) {
        table.add(new Producer(id, (short) 0, 0), 0, id, timestamp);
    }

    /** As many producers as are remembered whatever the time, all of them younger than those before. */
    private static void addCrowd(ProducerTable table, long timestamp) {
        for (int i = 0; i < ProducerTable.ALWAYS_REMEMBERED; i++) {
            add(table, 1_000 + i, timestamp);
        }
    }

    @Test
    void a_producer_is_forgotten_once_the_log_has_gone_further_than_the_expiry_past_its_last_batch() {
        add(table, 1, NOW);
        addCrowd(table, NOW + 1);
        table.add(null, 0, 0, NOW + WEEK);
        assertThat(table.get(1)).isNotNull();
        table.add(null, 0, 0, NOW + WEEK + 1);
        assertThat(table.get(1)).isNull();
        assertThat(table.size()).isEqualTo(ProducerTable.ALWAYS_REMEMBERED);
    }

    @Test
    void a_producer_that_goes_on_sending_is_not_forgotten() {
        add(table, 1, NOW);
        addCrowd(table, NOW);
        for (int day = 1; day < 100; day++) {
            add(table, 1, NOW + Duration.ofDays(day).toMillis());
        }
        assertThat(table.get(1)).isNotNull();
    }

    @Test
    void old_records_sent_today_do_not_make_their_producer_old() {
        addCrowd(table, NOW);
        add(table, 1, 5);
        assertThat(table.get(1).lastSeen()).isEqualTo(NOW);
        addCrowd(table, NOW + WEEK);
        assertThat(table.get(1)).isNotNull();
    }

    @Test
    void a_timestamp_from_the_far_future_or_past_does_not_let_the_log_forget_those_at_work() {
        for (int i = 0; i < ProducerTable.ALWAYS_REMEMBERED; i++) {
            add(table, i, NOW);
        }
        table.add(null, 0, 0, Long.MIN_VALUE);
        table.add(null, 0, 0, Long.MAX_VALUE);
        for (int i = 0; i < ProducerTable.ALWAYS_REMEMBERED; i++) {
            assertThat(table.get(i)).as("producer %d", i).isNotNull();
        }
        // And the age of those before it is more than a number can say, not less than nothing.
        ProducerTable ancient = new ProducerTable(LogOptions.defaults());
        add(ancient, 1, Long.MIN_VALUE);
        addCrowd(ancient, Long.MAX_VALUE);
        assertThat(ancient.get(1)).isNull();
    }

    @Test
    void of_too_many_producers_those_with_the_eldest_batches_are_forgotten() {
        ProducerTable few = new ProducerTable(LogOptions.defaults().withMaxProducers(3));
        for (int id = 1; id <= 3; id++) {
            add(few, id, NOW);
        }
        add(few, 1, NOW);
        add(few, 4, NOW);
        assertThat(few.size()).isEqualTo(3);
        assertThat(few.get(2)).as("the one that has sent nothing for longest").isNull();
        assertThat(few.get(1)).isNotNull();
    }

    @Test
    void no_more_than_the_bound_are_remembered_however_many_come() {
        for (int id = 0; id < 25_000; id++) {
            add(table, id, NOW);
        }
        assertThat(table.size()).isEqualTo(10_000);
        assertThat(table.get(14_999)).isNull();
        assertThat(table.get(15_000)).isNotNull();
        ProducerTable one = new ProducerTable(LogOptions.defaults().withMaxProducers(1));
        add(one, 1, NOW);
        add(one, 2, NOW);
        assertThat(one.size()).isEqualTo(1);
    }

    @Test
    void the_bounds_have_bounds() {
        LogOptions options = LogOptions.defaults();
        assertThat(options.withMaxProducers(LogOptions.MAX_MAX_PRODUCERS).maxProducers())
                .isEqualTo(100_000);
        assertThatThrownBy(() -> options.withMaxProducers(LogOptions.MAX_MAX_PRODUCERS + 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.withMaxProducers(0)).isInstanceOf(IllegalArgumentException.class);
        assertThat(options.withProducerExpiry(Duration.ZERO).producerExpiry()).isZero();
        assertThatThrownBy(() -> options.withProducerExpiry(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class);
        // For ever is a duration too.
        ProducerTable ever = new ProducerTable(options.withProducerExpiry(Duration.ofSeconds(Long.MAX_VALUE)));
        add(ever, 1, 0);
        addCrowd(ever, Long.MAX_VALUE);
        assertThat(ever.get(1)).isNotNull();
    }

    @Test
    void a_table_that_goes_on_from_a_snapshot_forgets_as_the_one_that_it_was_made_of() {
        ProducerTable original = new ProducerTable(LogOptions.defaults().withMaxProducers(150));
        for (int i = 0; i < 200; i++) {
            add(original, i % 170, NOW + i);
        }
        ProducerSnapshot snapshot = original.snapshot(1, 2, 3, 4, 5);
        ProducerTable copy = new ProducerTable(LogOptions.defaults().withMaxProducers(150), snapshot);
        for (int i = 0; i < 200; i++) {
            long timestamp = NOW + i * (WEEK / 100);
            add(original, 300 + i % 120, timestamp);
            add(copy, 300 + i % 120, timestamp);
            assertThat(copy.snapshot(1, 2, 3, 4, 5)).isEqualTo(original.snapshot(1, 2, 3, 4, 5));
        }
        assertThat(original.size())
                .as("those of the last seven days, both ends included")
                .isEqualTo(101);
    }

    @Test
    void a_snapshot_of_more_producers_than_may_be_is_cut_down_to_the_latest() {
        for (int id = 0; id < 300; id++) {
            add(table, id, NOW);
        }
        ProducerTable fewer =
                new ProducerTable(LogOptions.defaults().withMaxProducers(20), table.snapshot(1, 2, 3, 4, 5));
        assertThat(fewer.size()).isEqualTo(20);
        assertThat(fewer.get(299)).isNotNull();
    }

    @Test
    void what_is_history_is_remembered_as_it_is_be_it_with_gaps_or_of_an_older_epoch() {
        table.add(new Producer(1, (short) 5, 100), 9, 0, NOW);
        table.add(new Producer(1, (short) 5, 500), 9, 10, NOW);
        assertThat(table.get(1).nextSequence()).isEqualTo(510);
        table.add(new Producer(1, (short) 4, 7), 0, 20, NOW);
        ProducerEntry entry = table.get(1);
        assertThat(entry.epoch()).isEqualTo((short) 4);
        assertThat(entry.batches()).hasSize(1);
        assertThat(entry.nextSequence()).isEqualTo(8);
    }
}
