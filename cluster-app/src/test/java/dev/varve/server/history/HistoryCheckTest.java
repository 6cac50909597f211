package dev.varve.server.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.history.Event.Acknowledged;
import dev.varve.server.history.Event.Began;
import dev.varve.server.history.Event.Committed;
import dev.varve.server.history.Event.Committing;
import dev.varve.server.history.Event.Ended;
import dev.varve.server.history.Event.Invoked;
import dev.varve.server.history.Event.Joined;
import dev.varve.server.history.Event.Note;
import dev.varve.server.history.Event.OutOfRange;
import dev.varve.server.history.Event.Refused;
import dev.varve.server.history.Event.Resumed;
import dev.varve.server.history.Event.Seen;
import dev.varve.server.history.Event.Unknown;
import dev.varve.server.history.Event.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Good histories pass, and each kind of bad one is told. */
class HistoryCheckTest {
    private final List<Event> history = new ArrayList<>(List.of(new Joined(1, false), new Joined(2, true)));

    private static Value value(String text) {
        return Value.parse(text);
    }

    private void invoke(String... values) {
        for (String value : values) {
            history.add(new Invoked(value(value), 0));
        }
    }

    private void acknowledge(String value, long offset) {
        history.add(new Acknowledged(value(value), offset));
    }

    private void append(String value, long offset) {
        invoke(value);
        acknowledge(value, offset);
    }

    private void see(String reader, long from, String... values) {
        for (int i = 0; i < values.length; i++) {
            history.add(new Seen(reader, 0, from + i, value(values[i])));
        }
    }

    /** A reader that sees all there is. */
    private void readAll(String... values) {
        history.add(new Began("all", 0, 0));
        see("all", 0, values);
        history.add(new Ended("all", 0, values.length));
    }

    private void isGood() {
        assertThat(HistoryCheck.violations(history)).isEmpty();
    }

    private void isBad(String words) {
        assertThat(HistoryCheck.violations(history)).singleElement().asString().contains(words);
    }

    @Test
    void what_was_acknowledged_is_there_once_and_in_order() {
        append("1-0", 0);
        append("1-1", 1);
        append("2-0", 2);
        readAll("1-0", "1-1", "2-0");
        isGood();
    }

    @Test
    void appends_that_overlap_may_lie_in_any_order() {
        invoke("1-0", "1-1");
        acknowledge("1-0", 1);
        acknowledge("1-1", 0);
        readAll("1-1", "1-0");
        isGood();
    }

    @Test
    void an_append_of_unknown_outcome_may_be_there_late_or_never() {
        invoke("1-0", "1-1");
        history.add(new Unknown(value("1-0"), "outcome-unknown"));
        history.add(new Unknown(value("1-1"), "outcome-unknown"));
        append("1-2", 0);
        readAll("1-2", "1-0");
        isGood();
    }

    @Test
    void an_acknowledged_record_that_is_nowhere_is_lost() {
        append("1-0", 0);
        append("1-1", 1);
        readAll("1-0");
        isBad("1-1 was acknowledged at offset 1 of partition 0, and is lost");
    }

    @Test
    void a_record_at_another_offset_than_was_told_is_wrong() {
        invoke("1-0", "1-1");
        acknowledge("1-0", 0);
        readAll("1-1", "1-0");
        isBad("1-0 was acknowledged at offset 0 of partition 0, and is at 1");
    }

    @Test
    void a_record_that_is_there_twice_is_wrong_whatever_was_told_of_it() {
        invoke("1-0");
        history.add(new Unknown(value("1-0"), "no-answer"));
        readAll("1-0", "1-0");
        isBad("1-0 is in partition 0 twice, at offsets 0 and 1");
    }

    @Test
    void what_was_refused_must_not_be_there() {
        invoke("1-0");
        history.add(new Refused(value("1-0"), "not-enough-replicas"));
        readAll("1-0");
        isBad("1-0 was refused, but is at offset 0");
    }

    @Test
    void what_was_acknowledged_before_another_was_sent_lies_before_it() {
        invoke("1-1");
        acknowledge("1-1", 1);
        invoke("1-0");
        acknowledge("1-0", 0);
        readAll("1-0", "1-1");
        isBad("1-1 was acknowledged before 1-0 was sent, but lies behind it");
    }

    @Test
    void what_was_acknowledged_lies_before_what_was_sent_later_and_never_acknowledged() {
        append("1-0", 1);
        invoke("1-1");
        readAll("1-1", "1-0");
        isBad("1-0 was acknowledged before 1-1 was sent, but lies behind it");
    }

    @Test
    void an_ordered_producer_s_records_lie_in_his_order_also_if_they_overlap() {
        invoke("2-0", "2-1");
        acknowledge("2-1", 0);
        acknowledge("2-0", 1);
        readAll("2-1", "2-0");
        isBad("2-0 lies behind 2-1, which was handed over later");
    }

    @Test
    void a_record_that_nobody_sent_is_made_up() {
        readAll("1-7");
        isBad("1-7 at offset 0 of partition 0, which nobody had sent");
    }

    @Test
    void a_record_in_another_partition_than_it_was_sent_to_is_wrong() {
        history.add(new Invoked(value("1-0"), 3));
        readAll("1-0");
        isBad("1-0 in partition 0, but it was sent to 3");
    }

    @Test
    void all_readers_see_the_same_record_at_an_offset() {
        invoke("1-0", "1-1");
        readAll("1-0");
        history.add(new Began("other", 0, 0));
        see("other", 0, "1-1");
        isBad("other saw 1-1 at offset 0 of partition 0, where others saw 1-0");
    }

    @Test
    void a_reader_misses_nothing_and_sees_nothing_twice() {
        append("1-0", 0);
        append("1-1", 1);
        readAll("1-0", "1-1");
        history.add(new Began("skips", 0, 0));
        see("skips", 1, "1-1");
        history.add(new Began("repeats", 0, 0));
        see("repeats", 0, "1-0");
        see("repeats", 0, "1-0");
        assertThat(HistoryCheck.violations(history))
                .containsExactly(
                        "skips saw offset 1 of partition 0 when 0 was next",
                        "repeats saw offset 0 of partition 0 when 1 was next");
    }

    @Test
    void a_reader_must_get_to_the_end() {
        append("1-0", 0);
        append("1-1", 1);
        readAll("1-0", "1-1");
        history.add(new Began("lags", 0, 0));
        see("lags", 0, "1-0");
        history.add(new Ended("lags", 0, 2));
        isBad("lags saw partition 0 up to offset 1, which ends at 2");
    }

    @Test
    void an_offset_that_was_read_is_never_out_of_range() {
        append("1-0", 0);
        readAll("1-0");
        history.add(new OutOfRange("all", 0, 1));
        isBad("all was told that offset 1 of partition 0 is out of range");
    }

    @Test
    void a_consumer_goes_on_where_it_has_committed() {
        append("1-0", 0);
        append("1-1", 1);
        readAll("1-0", "1-1");
        history.add(new Resumed("group", 0, 0));
        see("group", 0, "1-0");
        history.add(new Committing("group", 0, 1));
        history.add(new Committed("group", 0, 1));
        see("group", 1, "1-1");
        history.add(new Resumed("group", 0, 1));
        see("group", 1, "1-1");
        isGood();
        history.add(new Resumed("group", 0, 0));
        isBad("group went on in partition 0 at offset 0, but had committed 1");
    }

    @Test
    void a_commit_that_was_not_answered_may_be_done_or_not() {
        append("1-0", 0);
        readAll("1-0");
        history.add(new Resumed("group", 0, 0));
        see("group", 0, "1-0");
        history.add(new Committing("group", 0, 1));
        history.add(new Resumed("group", 0, 0));
        history.add(new Resumed("group", 0, 1));
        isGood();
        history.add(new Resumed("group", 0, 2));
        isBad("group went on in partition 0 at offset 2, but had committed 0");
    }

    @Test
    void partitions_are_judged_each_on_its_own() {
        append("1-0", 0);
        history.add(new Invoked(value("1-1"), 1));
        acknowledge("1-1", 0);
        readAll("1-0");
        history.add(new Began("all", 1, 0));
        history.add(new Seen("all", 1, 0, value("1-1")));
        history.add(new Ended("all", 1, 1));
        isGood();
    }

    @Test
    void many_violations_are_counted_and_the_first_are_told() {
        for (int number = 0; number < 30; number++) {
            append("1-" + number, number);
        }
        assertThat(HistoryCheck.violations(history)).hasSize(21).last().isEqualTo("and 10 more");
    }

    @Test
    void a_history_is_the_same_when_it_was_noted_down_and_read(@TempDir Path directory) throws IOException {
        List<Event> all = List.of(
                new Joined(1, true),
                new Invoked(value("1-0"), 2),
                new Acknowledged(value("1-0"), 17),
                new Refused(value("1-1"), "read-only"),
                new Unknown(value("1-2"), "no-answer"),
                new Began("r", 2, 0),
                new Resumed("r", 2, 17),
                new Seen("r", 2, 17, value("1-0")),
                new OutOfRange("r", 2, 18),
                new Ended("r", 2, 18),
                new Committing("r", 2, 18),
                new Committed("r", 2, 18),
                new Note("n1 is killed"));
        for (Event event : all) {
            assertThat(Event.parse(event.line())).isEqualTo(event);
        }
        Path path = directory.resolve("history");
        try (HistoryFile file = new HistoryFile(path)) {
            history.forEach(file::add);
            file.add(new Invoked(value("1-0"), 0));
            file.add(new Acknowledged(value("1-0"), 0));
        }
        HistoryCheck check = new HistoryCheck();
        HistoryFile.read(path, check);
        assertThat(check.end()).singleElement().asString().contains("lost");
        assertThat(check.summary())
                .isEqualTo("1 appends, 1 acknowledged, 0 refused, 0 of unknown outcome; 0 stored in 0 partitions");
    }
}
