package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.persistence.conformance.Notebook.Add;
import dev.varve.persistence.conformance.Notebook.Command;
import dev.varve.persistence.conformance.Notebook.Options;
import dev.varve.persistence.conformance.Notebook.Page;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByTagQuery;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.EventSeq;
import org.apache.pekko.persistence.typed.javadsl.Recovery;
import org.junit.jupiter.api.Test;

/** Event-sourced entities find themselves as they were. */
interface EntityCases extends TypedFixture {

    @Test
    default void an_entity_recovers_what_it_persisted() {
        String id = newPersistenceId();
        ActorRef<Command> notebook = open(id);
        assertThat(add(notebook, "one")).isEqualTo(new Page(lines("one"), 1));
        assertThat(add(notebook, "two", "three")).isEqualTo(new Page(lines("one", "two", "three"), 3));
        close(notebook);
        ActorRef<Command> again = open(id);
        assertThat(read(again)).isEqualTo(new Page(lines("one", "two", "three"), 3));
        assertThat(add(again, "four")).isEqualTo(new Page(lines("one", "two", "three", "four"), 4));
        close(again);
    }

    @Test
    default void an_entity_recovers_after_a_restart_of_the_system() {
        needs(Capability.SURVIVES_A_RESTART);
        String id = newPersistenceId();
        add(open(id), "one", "two");
        restart();
        ActorRef<Command> again = open(id);
        assertThat(add(again, "three")).isEqualTo(new Page(lines("one", "two", "three"), 3));
        close(again);
    }

    @Test
    default void an_entity_that_recovers_nothing_goes_on_at_the_next_sequence_number() {
        String id = newPersistenceId();
        ActorRef<Command> notebook = open(id);
        add(notebook, "one", "two");
        close(notebook);
        ActorRef<Command> forgetful = open(id, Options.plain().withRecovery(Recovery.disabled()));
        assertThat(add(forgetful, "three")).isEqualTo(new Page(lines("three"), 3));
        close(forgetful);
        ActorRef<Command> again = open(id);
        assertThat(read(again)).isEqualTo(new Page(lines("one", "two", "three"), 3));
        close(again);
    }

    @Test
    default void many_entities_persist_and_recover_at_the_same_time() {
        List<String> ids = new ArrayList<>();
        List<ActorRef<Command>> notebooks = new ArrayList<>();
        TestProbe<Page> inbox = kit().createTestProbe();
        for (int i = 0; i < 60; i++) {
            ids.add(newPersistenceId());
            notebooks.add(open(ids.get(i)));
            notebooks.get(i).tell(new Add(List.of(ids.get(i)), inbox.ref()));
            notebooks.get(i).tell(new Add(List.of("more", "and more"), inbox.ref()));
        }
        inbox.receiveSeveralMessages(120, Duration.ofSeconds(30));
        notebooks.forEach(this::close);
        List<ActorRef<Command>> again = ids.stream().map(this::open).toList();
        for (int i = 0; i < ids.size(); i++) {
            assertThat(read(again.get(i))).isEqualTo(new Page(lines(ids.get(i), "more", "and more"), 3));
        }
        again.forEach(this::close);
    }

    @Test
    default void an_entity_whose_event_cannot_be_serialized_stops_and_recovers_without_it() {
        needs(Capability.REJECTS_WHAT_CANNOT_BE_SERIALIZED);
        String id = newPersistenceId();
        ActorRef<Command> notebook = open(id);
        add(notebook, "one");
        TestProbe<Page> inbox = kit().createTestProbe();
        notebook.tell(new Add(List.of(new Object()), inbox.ref()));
        inbox.expectTerminated(notebook, Duration.ofSeconds(20));
        ActorRef<Command> again = open(id);
        assertThat(read(again)).isEqualTo(new Page(lines("one"), 1));
        assertThat(add(again, "two")).isEqualTo(new Page(lines("one", "two"), 2));
        close(again);
    }

    @Test
    default void of_two_entities_with_the_same_id_the_one_that_is_behind_stops() {
        needs(Capability.REFUSES_A_SECOND_WRITER);
        String id = newPersistenceId();
        ActorRef<Command> one = open(id);
        ActorRef<Command> other = open(id);
        read(one);
        read(other);
        add(one, "one's", "one's too");
        TestProbe<Page> inbox = kit().createTestProbe();
        other.tell(new Add(List.of("other's"), inbox.ref()));
        inbox.expectTerminated(other, Duration.ofSeconds(20));
        assertThat(add(one, "one's again").sequenceNr()).isEqualTo(3);
        close(one);
        ActorRef<Command> again = open(id);
        assertThat(read(again)).isEqualTo(new Page(lines("one's", "one's too", "one's again"), 3));
        close(again);
    }

    @Test
    default void events_of_an_entity_are_found_by_their_tags() {
        needs(Capability.QUERIES_CURRENT_EVENTS_BY_TAG);
        String tag = "tag-" + newPersistenceId();
        String id = newPersistenceId();
        ActorRef<Command> notebook =
                open(id, Options.plain().withTags(line -> line.equals("plain") ? Set.of() : Set.of(tag)));
        add(notebook, "one");
        add(notebook, "plain", "three");
        close(notebook);
        assertThat(all(queries(CurrentEventsByTagQuery.class).currentEventsByTag(tag, Offset.noOffset())))
                .extracting(EventEnvelope::event)
                .containsExactly("one", "three");
        ActorRef<Command> again = open(id);
        assertThat(read(again).text()).isEqualTo(lines("one", "plain", "three"));
        close(again);
    }

    /** Stores in capitals, and asks for its manifest. */
    final class Shouting extends EventAdapter<Object, String> {
        @Override
        public String toJournal(Object line) {
            return line.toString().toUpperCase(Locale.ROOT);
        }

        @Override
        public String manifest(Object line) {
            return "shouted, " + line.toString().length();
        }

        @Override
        public EventSeq<Object> fromJournal(String line, String manifest) {
            return EventSeq.single(line.toLowerCase(Locale.ROOT) + " (" + manifest + ")");
        }
    }

    @Test
    default void an_event_adapter_of_an_entity_gets_its_manifest_back() {
        String id = newPersistenceId();
        ActorRef<Command> notebook = open(id, Options.plain().withAdapter(new Shouting()));
        add(notebook, "one", "three");
        close(notebook);
        assertThat(journal().replay(id).payloads()).containsExactly("ONE", "THREE");
        ActorRef<Command> again = open(id, Options.plain().withAdapter(new Shouting()));
        assertThat(read(again).text()).isEqualTo(lines("one (shouted, 3)", "three (shouted, 5)"));
        close(again);
    }
}
