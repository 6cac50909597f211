package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByTagQuery;
import org.apache.pekko.persistence.query.javadsl.EventsByTagQuery;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Test;

/** The events with a tag, of all actors. */
public interface EventsByTagCases extends QueryFixture {

    private String newTag() {
        return "tag-" + newPersistenceId();
    }

    private List<EventEnvelope> current(String tag, Offset offset) {
        return all(queries(CurrentEventsByTagQuery.class).currentEventsByTag(tag, offset));
    }

    private Source<EventEnvelope, NotUsed> live(String tag, Offset offset) {
        return queries(EventsByTagQuery.class).eventsByTag(tag, offset);
    }

    private static List<String> names(List<EventEnvelope> envelopes) {
        return envelopes.stream()
                .map(e -> e.persistenceId() + " " + e.sequenceNr() + " " + e.event())
                .toList();
    }

    @Test
    default void current_events_by_tag_are_those_with_the_tag_of_all_actors() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_TAG);
        String tag = newTag();
        Writer one = Writer.of(newPersistenceId());
        Writer other = Writer.of(newPersistenceId());
        journal().store(one.write(1, tagged("one-1", tag), "one-2", tagged("one-3", tag, newTag())));
        journal().store(other.write(1, tagged("other-1", newTag())), other.write(2, tagged("other-2", tag)));
        assertThat(names(current(tag, Offset.noOffset())))
                .containsExactlyInAnyOrder(
                        one.persistenceId() + " 1 one-1",
                        one.persistenceId() + " 3 one-3",
                        other.persistenceId() + " 2 other-2");
        assertThat(current(newTag(), Offset.noOffset())).isEmpty();
    }

    @Test
    default void the_events_of_an_actor_with_a_tag_come_in_order() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_TAG);
        String tag = newTag();
        Writer writer = Writer.of(newPersistenceId());
        startWriting(List.of(writer), 50, tag, n -> n % 2 == 0).run();
        assertThat(current(tag, Offset.noOffset()))
                .extracting(EventEnvelope::sequenceNr)
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, 25).mapToObj(n -> 2L * n).toList());
    }

    @Test
    default void tags_may_be_long_and_of_any_characters() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_TAG, Capability.TAKES_ANY_IDS_AND_TAGS);
        for (String text : List.of("ä€😀|/\\:*?\"<> ,;.-_%", "../../etc", "x".repeat(200))) {
            String tag = text + newTag();
            journal().store(Writer.of(newPersistenceId()).write(1, tagged(text, tag)));
            assertThat(current(tag, Offset.noOffset()))
                    .extracting(EventEnvelope::event)
                    .containsExactly(text);
        }
    }

    @Test
    default void current_events_by_tag_resume_from_every_offset() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_TAG, Capability.RESUMES_BY_TAG_FROM_EVERY_OFFSET);
        String tag = newTag();
        startWriting(writers(3), 10, tag, n -> n % 3 != 0).run();
        List<EventEnvelope> envelopes = current(tag, Offset.noOffset());
        assertThat(envelopes).hasSize(21);
        for (int i = 0; i < envelopes.size(); i++) {
            assertThat(names(current(tag, envelopes.get(i).offset())))
                    .as("from the offset of event %s, which is excluded", i)
                    .containsExactlyInAnyOrderElementsOf(names(envelopes.subList(i + 1, envelopes.size())));
        }
    }

    @Test
    default void several_tagged_events_of_one_write_have_offsets_of_their_own() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_TAG, Capability.RESUMES_BY_TAG_FROM_EVERY_OFFSET);
        String tag = newTag();
        Writer writer = Writer.of(newPersistenceId());
        journal().store(writer.write(1, tagged("a-1", tag), tagged("a-2", tag), "a-3", tagged("a-4", tag)));
        List<EventEnvelope> envelopes = current(tag, Offset.noOffset());
        assertThat(envelopes).extracting(EventEnvelope::offset).doesNotHaveDuplicates();
        assertThat(current(tag, envelopes.get(1).offset()))
                .extracting(EventEnvelope::event)
                .containsExactly("a-4");
    }

    @Test
    default void live_events_by_tag_see_what_was_there_and_what_comes() {
        needs(Capability.QUERIES_LIVE_EVENTS_BY_TAG);
        String tag = newTag();
        Writer writer = Writer.of(newPersistenceId());
        journal().store(writer.write(1, tagged("a-1", tag)));
        Supplier<List<EventEnvelope>> live = start(3, live(tag, Offset.noOffset()));
        journal().store(writer.write(2, "a-2", tagged("a-3", tag), tagged("a-4", newTag())));
        journal().store(Writer.of(newPersistenceId()).write(1, tagged("b-1", tag)));
        assertThat(live.get()).extracting(EventEnvelope::event).containsExactlyInAnyOrder("a-1", "a-3", "b-1");
        assertThat(sequenceNrs(live.get(), writer)).containsExactly(1L, 3L);
    }

    /**
     * What is expected of {@link #startWriting} and an event of another writer behind it: as there is nothing else, nothing
     * came twice.
     */
    private void sawAll(List<EventEnvelope> seen, List<Writer> writers, int events, Writer last) {
        assertThat(seen).hasSize(writers.size() * events + 1);
        for (Writer writer : writers) {
            assertThat(sequenceNrs(seen, writer))
                    .containsExactlyElementsOf(IntStream.rangeClosed(1, events)
                            .mapToObj(n -> (long) n)
                            .toList());
        }
        assertThat(sequenceNrs(seen, last)).containsExactly(1L);
    }

    private static List<Long> sequenceNrs(List<EventEnvelope> envelopes, Writer writer) {
        return envelopes.stream()
                .filter(e -> e.persistenceId().equals(writer.persistenceId()))
                .map(EventEnvelope::sequenceNr)
                .toList();
    }

    @Test
    default void live_events_by_tag_see_each_event_once_while_many_write() {
        needs(Capability.QUERIES_LIVE_EVENTS_BY_TAG);
        String tag = newTag();
        List<Writer> writers = writers(8);
        int events = 25;
        int expected = writers.size() * events + 1;
        List<Supplier<List<EventEnvelope>>> lives = new ArrayList<>();
        lives.add(start(expected, live(tag, Offset.noOffset())));
        Runnable writing = startWriting(writers, events, tag, n -> true);
        lives.add(start(expected, live(tag, Offset.noOffset())));
        lives.add(start(expected, live(tag, Offset.noOffset())));
        writing.run();
        Writer last = Writer.of(newPersistenceId());
        journal().store(last.write(1, tagged("last", tag)));
        lives.add(start(expected, live(tag, Offset.noOffset())));
        assertThat(lives).allSatisfy(live -> sawAll(live.get(), writers, events, last));
    }

    @Test
    default void live_events_by_tag_resume_while_many_write() {
        needs(Capability.QUERIES_LIVE_EVENTS_BY_TAG, Capability.RESUMES_BY_TAG_FROM_EVERY_OFFSET);
        String tag = newTag();
        List<Writer> writers = writers(8);
        int events = 25;
        int expected = writers.size() * events + 1;
        Runnable writing = startWriting(writers, events, tag, n -> true);
        Writer last = Writer.of(newPersistenceId());
        List<EventEnvelope> seen = new ArrayList<>();
        Offset offset = Offset.noOffset();
        while (seen.size() < expected) {
            if (seen.size() == expected - 1) {
                writing.run();
                journal().store(last.write(1, tagged("last", tag)));
            }
            seen.addAll(first(Math.min(23, Math.max(1, expected - 1 - seen.size())), live(tag, offset)));
            offset = seen.get(seen.size() - 1).offset();
        }
        sawAll(seen, writers, events, last);
    }

    @Test
    default void offsets_by_tag_are_good_after_a_restart() {
        needs(
                Capability.SURVIVES_A_RESTART,
                Capability.QUERIES_CURRENT_EVENTS_BY_TAG,
                Capability.RESUMES_BY_TAG_FROM_EVERY_OFFSET);
        String tag = newTag();
        startWriting(writers(2), 5, tag, n -> true).run();
        List<EventEnvelope> before = current(tag, Offset.noOffset());
        restart();
        journal().store(Writer.of(newPersistenceId()).write(1, tagged("later", tag)));
        assertThat(names(current(tag, Offset.noOffset())))
                .containsAll(names(before))
                .hasSize(11);
        assertThat(names(current(tag, before.get(6).offset())))
                .containsAll(names(before.subList(7, 10)))
                .hasSize(4);
    }
}
