package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.apache.pekko.persistence.query.javadsl.EventsByPersistenceIdQuery;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Test;

/** The events of one actor, in order. */
public interface EventsByPersistenceIdCases extends QueryFixture {

    private static List<Object> payloads(List<EventEnvelope> envelopes) {
        return envelopes.stream().map(EventEnvelope::event).toList();
    }

    private List<EventEnvelope> current(String persistenceId, long from, long to) {
        return all(
                queries(CurrentEventsByPersistenceIdQuery.class).currentEventsByPersistenceId(persistenceId, from, to));
    }

    @Test
    default void current_events_of_an_actor_are_all_that_are_stored() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_PERSISTENCE_ID);
        String id = writerOfFive().persistenceId();
        List<EventEnvelope> envelopes = current(id, 0, Long.MAX_VALUE);
        assertThat(payloads(envelopes)).containsExactly("a-1", "a-2", "a-3", "a-4", "a-5");
        assertThat(envelopes).extracting(EventEnvelope::sequenceNr).containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(envelopes).extracting(EventEnvelope::persistenceId).containsOnly(id);
    }

    @Test
    default void current_events_of_an_actor_keep_to_both_bounds_which_are_inclusive() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_PERSISTENCE_ID);
        String id = writerOfFive().persistenceId();
        assertThat(payloads(current(id, 2, 4))).containsExactly("a-2", "a-3", "a-4");
        assertThat(payloads(current(id, 5, Long.MAX_VALUE))).containsExactly("a-5");
        assertThat(current(id, 6, Long.MAX_VALUE)).isEmpty();
        assertThat(current(id, 4, 3)).isEmpty();
        assertThat(current(newPersistenceId(), 0, Long.MAX_VALUE)).isEmpty();
    }

    @Test
    default void current_events_of_an_actor_are_those_that_are_left_after_a_deletion() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_PERSISTENCE_ID);
        String id = writerOfFive().persistenceId();
        journal().delete(id, 3);
        assertThat(payloads(current(id, 0, Long.MAX_VALUE))).containsExactly("a-4", "a-5");
        journal().delete(id, 5);
        assertThat(current(id, 0, Long.MAX_VALUE)).isEmpty();
    }

    @Test
    default void a_query_gives_bare_events_with_their_times() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_PERSISTENCE_ID, Capability.QUERIES_EVENTS_WITH_TIMES);
        Writer writer = Writer.of(newPersistenceId());
        long before = System.currentTimeMillis();
        journal().store(writer.write(1, tagged("bare", "tag")));
        EventEnvelope envelope =
                current(writer.persistenceId(), 0, Long.MAX_VALUE).get(0);
        assertThat(envelope.event()).isEqualTo("bare");
        assertThat(envelope.timestamp()).isBetween(before, System.currentTimeMillis());
    }

    @Test
    default void a_query_gives_the_metadata_of_events() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_PERSISTENCE_ID, Capability.QUERIES_EVENTS_WITH_METADATA);
        Writer writer = Writer.of(newPersistenceId());
        journal().store(Writer.write(writer.event(1, "something").withMetadata("about it")), writer.write(2, "bare"));
        List<EventEnvelope> envelopes = current(writer.persistenceId(), 0, Long.MAX_VALUE);
        assertThat(envelopes.get(0).getEventMetaData()).contains("about it");
        assertThat(envelopes.get(1).getEventMetaData()).isEmpty();
    }

    @Test
    default void live_events_of_an_actor_go_on_with_what_is_written_later() {
        needs(Capability.QUERIES_LIVE_EVENTS_BY_PERSISTENCE_ID);
        Writer writer = writerOfFive();
        Supplier<List<EventEnvelope>> live = start(8, live(writer.persistenceId(), 0, Long.MAX_VALUE));
        journal().store(writer.write(6, "a-6"), writer.write(7, "a-7", "a-8"));
        assertThat(payloads(live.get())).containsExactly("a-1", "a-2", "a-3", "a-4", "a-5", "a-6", "a-7", "a-8");
    }

    private Source<EventEnvelope, NotUsed> live(String persistenceId, long from, long to) {
        return queries(EventsByPersistenceIdQuery.class).eventsByPersistenceId(persistenceId, from, to);
    }

    @Test
    default void live_events_of_an_actor_wait_for_its_first_one() {
        needs(Capability.QUERIES_LIVE_EVENTS_BY_PERSISTENCE_ID);
        Writer writer = Writer.of(newPersistenceId());
        Supplier<List<EventEnvelope>> live = start(1, live(writer.persistenceId(), 0, Long.MAX_VALUE));
        journal().store(Writer.of(newPersistenceId()).write(1, "another actor's"));
        journal().store(writer.write(1, "a-1"));
        assertThat(payloads(live.get())).containsExactly("a-1");
    }

    @Test
    default void live_events_of_an_actor_end_at_the_upper_bound() {
        needs(Capability.QUERIES_LIVE_EVENTS_BY_PERSISTENCE_ID);
        Writer writer = writerOfFive();
        assertThat(payloads(all(live(writer.persistenceId(), 2, 4)))).containsExactly("a-2", "a-3", "a-4");
        Supplier<List<EventEnvelope>> live = start(100, live(writer.persistenceId(), 5, 6));
        journal().store(writer.write(6, "a-6", "a-7"));
        assertThat(payloads(live.get())).containsExactly("a-5", "a-6");
    }

    @Test
    default void live_events_of_an_actor_begin_behind_those_that_were_deleted() {
        needs(Capability.QUERIES_LIVE_EVENTS_BY_PERSISTENCE_ID, Capability.QUERIES_ACROSS_A_DELETED_PREFIX);
        Writer writer = writerOfFive();
        journal().delete(writer.persistenceId(), 3);
        Supplier<List<EventEnvelope>> live = start(3, live(writer.persistenceId(), 0, Long.MAX_VALUE));
        journal().store(writer.write(6, "a-6"));
        assertThat(payloads(live.get())).containsExactly("a-4", "a-5", "a-6");
    }

    @Test
    default void live_events_of_an_actor_resume_from_every_sequence_number_without_gap_or_duplicate_while_it_writes() {
        needs(Capability.QUERIES_LIVE_EVENTS_BY_PERSISTENCE_ID);
        Writer writer = Writer.of(newPersistenceId());
        int events = 60;
        List<Supplier<List<EventEnvelope>>> lives = new ArrayList<>();
        lives.add(start(events, live(writer.persistenceId(), 0, Long.MAX_VALUE)));
        Runnable writing = startWriting(List.of(writer), events, "none", n -> false);
        for (int from = 1; from <= events; from++) {
            lives.add(start(events - from + 1, live(writer.persistenceId(), from, Long.MAX_VALUE)));
        }
        writing.run();
        for (int i = 0; i < lives.size(); i++) {
            long from = Math.max(1, i);
            assertThat(lives.get(i).get())
                    .extracting(EventEnvelope::sequenceNr)
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(from, events).boxed().toList());
        }
    }

    @Test
    default void many_live_queries_see_many_actors_write_without_gap_or_duplicate() {
        needs(Capability.QUERIES_LIVE_EVENTS_BY_PERSISTENCE_ID);
        List<Writer> writers = writers(10);
        int events = 30;
        List<Supplier<List<EventEnvelope>>> lives = new ArrayList<>();
        for (Writer writer : writers) {
            lives.add(start(events, live(writer.persistenceId(), 0, Long.MAX_VALUE)));
        }
        startWriting(writers, events, "none", n -> false).run();
        for (int i = 0; i < writers.size(); i++) {
            String id = writers.get(i).persistenceId();
            assertThat(payloads(lives.get(i).get()))
                    .containsExactlyElementsOf(LongStream.rangeClosed(1, events)
                            .mapToObj(n -> id + "/" + n)
                            .toList());
        }
    }
}
