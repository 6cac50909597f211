package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.typed.EventEnvelope;
import org.apache.pekko.persistence.query.typed.javadsl.CurrentEventsBySliceQuery;
import org.apache.pekko.persistence.query.typed.javadsl.EventsBySliceQuery;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Test;

/** The events of a type of entities, of a range of slices. */
public interface EventsBySliceCases extends QueryFixture {
    /** The last slice. */
    int LAST = 1023;

    private String newType() {
        return "type-" + newPersistenceId().replace('|', '-');
    }

    private List<Writer> writersOf(String type, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Writer.of(type + "|" + newPersistenceId()))
                .toList();
    }

    private List<EventEnvelope<String>> current(String type, int min, int max, Offset offset) {
        return all(queries(CurrentEventsBySliceQuery.class).<String>currentEventsBySlices(type, min, max, offset));
    }

    private Source<EventEnvelope<String>, NotUsed> live(String type, int min, int max, Offset offset) {
        return queries(EventsBySliceQuery.class).eventsBySlices(type, min, max, offset);
    }

    private static List<String> names(List<EventEnvelope<String>> envelopes) {
        return envelopes.stream()
                .map(e -> e.persistenceId() + " " + e.sequenceNr() + " " + e.getEvent())
                .toList();
    }

    @Test
    default void slices_are_those_of_pekko() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_SLICE);
        Persistence persistence = Persistence.get(kit().system());
        CurrentEventsBySliceQuery queries = queries(CurrentEventsBySliceQuery.class);
        String id = newPersistenceId();
        assertThat(queries.sliceForPersistenceId(id)).isEqualTo(persistence.sliceForPersistenceId(id));
        assertThat(queries.sliceRanges(4)).isEqualTo(persistence.getSliceRanges(4));
    }

    @Test
    default void current_events_by_slice_are_those_of_the_type_and_the_slices() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_SLICE);
        String type = newType();
        List<Writer> writers = writersOf(type, 12);
        List<Writer> ofAnotherType = writersOf(newType(), 3);
        startWriting(writers, 3, "none", n -> false).run();
        startWriting(ofAnotherType, 3, "none", n -> false).run();

        List<String> seen = new ArrayList<>();
        CurrentEventsBySliceQuery queries = queries(CurrentEventsBySliceQuery.class);
        for (Pair<Integer, Integer> range : queries.sliceRanges(4)) {
            List<EventEnvelope<String>> envelopes = current(type, range.first(), range.second(), Offset.noOffset());
            assertThat(envelopes).allSatisfy(envelope -> {
                assertThat(envelope.slice()).isBetween(range.first(), range.second());
                assertThat(envelope.slice()).isEqualTo(queries.sliceForPersistenceId(envelope.persistenceId()));
                assertThat(envelope.entityType()).isEqualTo(type);
            });
            seen.addAll(names(envelopes));
        }
        List<String> expected = new ArrayList<>();
        for (Writer writer : writers) {
            for (int n = 1; n <= 3; n++) {
                expected.add(writer.persistenceId() + " " + n + " " + writer.persistenceId() + "/" + n);
            }
        }
        assertThat(seen).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    default void one_slice_may_be_asked_for_alone() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_SLICE);
        String type = newType();
        List<Writer> writers = writersOf(type, 5);
        startWriting(writers, 2, "none", n -> false).run();
        for (Writer writer : writers) {
            int slice = queries(CurrentEventsBySliceQuery.class).sliceForPersistenceId(writer.persistenceId());
            assertThat(names(current(type, slice, slice, Offset.noOffset())))
                    .contains(
                            writer.persistenceId() + " 1 " + writer.persistenceId() + "/1",
                            writer.persistenceId() + " 2 " + writer.persistenceId() + "/2");
        }
    }

    @Test
    default void events_by_slice_have_their_times() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_SLICE, Capability.QUERIES_EVENTS_WITH_TIMES);
        String type = newType();
        long before = System.currentTimeMillis();
        startWriting(writersOf(type, 3), 1, "none", n -> false).run();
        assertThat(current(type, 0, LAST, Offset.noOffset())).hasSize(3).allSatisfy(e -> assertThat(e.timestamp())
                .isBetween(before, System.currentTimeMillis()));
    }

    @Test
    default void events_by_slice_come_with_their_metadata() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_SLICE, Capability.QUERIES_EVENTS_WITH_METADATA);
        String type = newType();
        Writer writer = writersOf(type, 1).get(0);
        journal().store(Writer.write(writer.event(1, "something").withMetadata("about it")));
        assertThat(current(type, 0, LAST, Offset.noOffset()).get(0).getEventMetaData())
                .contains("about it");
    }

    @Test
    default void events_by_slice_come_without_their_tags() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_SLICE, Capability.QUERIES_BARE_EVENTS_BY_SLICE);
        String type = newType();
        journal().store(writersOf(type, 1).get(0).write(1, tagged("bare", "tag")));
        assertThat(all(queries(CurrentEventsBySliceQuery.class)
                        .<Object>currentEventsBySlices(type, 0, LAST, Offset.noOffset())))
                .extracting(EventEnvelope::getEvent)
                .containsExactly("bare");
    }

    @Test
    default void current_events_by_slice_resume_from_every_offset() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_SLICE, Capability.RESUMES_BY_SLICE_FROM_EVERY_OFFSET);
        String type = newType();
        startWriting(writersOf(type, 6), 4, "none", n -> false).run();
        List<EventEnvelope<String>> envelopes = current(type, 0, LAST, Offset.noOffset());
        assertThat(envelopes).hasSize(24);
        for (int i = 0; i < envelopes.size(); i++) {
            assertThat(names(current(type, 0, LAST, envelopes.get(i).offset())))
                    .as("from the offset of event %s, which is excluded", i)
                    .containsExactlyInAnyOrderElementsOf(names(envelopes.subList(i + 1, envelopes.size())));
        }
    }

    /** What is expected of {@link #startWriting} with a last event behind it, which shows that nothing came twice. */
    private void sawAll(List<EventEnvelope<String>> seen, List<Writer> writers, int events) {
        assertThat(names(seen)).doesNotHaveDuplicates();
        for (Writer writer : writers) {
            assertThat(seen.stream()
                            .filter(e -> e.persistenceId().equals(writer.persistenceId()))
                            .map(EventEnvelope::sequenceNr))
                    .containsExactlyElementsOf(IntStream.rangeClosed(1, events)
                            .mapToObj(n -> (long) n)
                            .toList());
        }
    }

    @Test
    default void live_events_by_slice_see_each_event_once_while_many_write() {
        needs(Capability.QUERIES_LIVE_EVENTS_BY_SLICE);
        String type = newType();
        List<Writer> writers = writersOf(type, 8);
        int events = 25;
        int expected = writers.size() * events;
        List<Supplier<List<EventEnvelope<String>>>> lives = new ArrayList<>();
        lives.add(start(expected, live(type, 0, LAST, Offset.noOffset())));
        Runnable writing = startWriting(writers, events, "none", n -> false);
        lives.add(start(expected, live(type, 0, LAST, Offset.noOffset())));
        writing.run();
        lives.add(start(expected, live(type, 0, LAST, Offset.noOffset())));
        assertThat(lives).allSatisfy(live -> sawAll(live.get(), writers, events));
    }

    @Test
    default void live_events_by_slice_resume_while_many_write() {
        needs(Capability.QUERIES_LIVE_EVENTS_BY_SLICE, Capability.RESUMES_BY_SLICE_FROM_EVERY_OFFSET);
        String type = newType();
        List<Writer> writers = writersOf(type, 8);
        int events = 25;
        int expected = writers.size() * events;
        Runnable writing = startWriting(writers, events, "none", n -> false);
        List<EventEnvelope<String>> seen = new ArrayList<>();
        Offset offset = Offset.noOffset();
        while (seen.size() < expected) {
            seen.addAll(first(Math.min(23, expected - seen.size()), live(type, 0, LAST, offset)));
            offset = seen.get(seen.size() - 1).offset();
        }
        writing.run();
        sawAll(seen, writers, events);
    }

    @Test
    default void offsets_by_slice_are_good_after_a_restart() {
        needs(
                Capability.SURVIVES_A_RESTART,
                Capability.QUERIES_CURRENT_EVENTS_BY_SLICE,
                Capability.RESUMES_BY_SLICE_FROM_EVERY_OFFSET);
        String type = newType();
        startWriting(writersOf(type, 3), 5, "none", n -> false).run();
        List<EventEnvelope<String>> before = current(type, 0, LAST, Offset.noOffset());
        restart();
        journal().store(writersOf(type, 1).get(0).write(1, "later"));
        List<String> expected = new ArrayList<>(names(before.subList(8, 15)));
        List<EventEnvelope<String>> after = current(type, 0, LAST, before.get(7).offset());
        assertThat(names(after)).containsAll(expected).hasSize(expected.size() + 1);
    }
}
