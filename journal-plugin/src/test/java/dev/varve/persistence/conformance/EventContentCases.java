package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.persistence.conformance.Payload.Address;
import java.util.Set;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.Tagged;
import org.junit.jupiter.api.Test;
import scala.Option;

/** An event comes back with all that belongs to it. */
public interface EventContentCases extends JournalFixture {

    private PersistentRepr storedAndReplayed(PersistentRepr event) {
        journal().store(Writer.write(event));
        return journal()
                .replay(event.persistenceId(), event.sequenceNr(), event.sequenceNr())
                .events()
                .get(0);
    }

    @Test
    default void an_event_comes_back_equal_with_its_writer() {
        Writer writer = Writer.of(newPersistenceId());
        PersistentRepr event = writer.event(1, "something");
        PersistentRepr replayed = storedAndReplayed(event);
        assertThat(replayed).isEqualTo(event);
        assertThat(replayed.writerUuid()).isEqualTo(writer.uuid());
        assertThat(replayed.deleted()).isFalse();
        assertThat(replayed.sender()).isNull();
    }

    @Test
    default void the_manifest_of_an_event_comes_back() {
        Writer writer = Writer.of(newPersistenceId());
        PersistentRepr event = writer.event(1, "something").withManifest("an adapter's word, ü");
        assertThat(storedAndReplayed(event).manifest()).isEqualTo("an adapter's word, ü");
    }

    @Test
    default void an_event_has_the_time_at_which_it_was_written() {
        needs(Capability.KEEPS_TIMES_OF_EVENTS);
        long before = System.currentTimeMillis();
        long timestamp =
                storedAndReplayed(Writer.of(newPersistenceId()).event(1, "now")).timestamp();
        assertThat(timestamp).isBetween(before, System.currentTimeMillis());
    }

    @Test
    default void an_event_is_serialized_by_the_serializer_bound_to_it_which_knows_the_system() {
        needs(Capability.SERIALIZES_EVENTS);
        Address address = new Address(Adapter.toClassic(kit().createTestProbe().ref()));
        Object replayed = storedAndReplayed(Writer.of(newPersistenceId()).event(1, address))
                .payload();
        assertThat(replayed).isEqualTo(address).isNotSameAs(address);
    }

    @Test
    default void events_of_several_serializers_stand_in_one_write() {
        Writer writer = Writer.of(newPersistenceId());
        Address address = new Address(Adapter.toClassic(kit().createTestProbe().ref()));
        byte[] bytes = {1, 2, 3};
        journal().store(writer.write(1, "text", bytes, 42L, address, ""));
        assertThat(journal().replay(writer.persistenceId()).payloads())
                .containsExactly("text", bytes, 42L, address, "");
    }

    @Test
    default void an_event_without_metadata_comes_back_without() {
        assertThat(storedAndReplayed(Writer.of(newPersistenceId()).event(1, "bare"))
                        .metadata())
                .isEqualTo(Option.empty());
    }

    @Test
    default void the_metadata_of_an_event_comes_back() {
        needs(Capability.KEEPS_METADATA_OF_EVENTS);
        Writer writer = Writer.of(newPersistenceId());
        PersistentRepr event = writer.event(1, "something").withMetadata("about it");
        assertThat(storedAndReplayed(event).metadata()).isEqualTo(Option.apply("about it"));
    }

    @Test
    default void the_metadata_of_an_event_is_serialized_by_the_serializer_bound_to_it() {
        needs(Capability.KEEPS_METADATA_OF_EVENTS, Capability.SERIALIZES_EVENTS);
        Address address = new Address(Adapter.toClassic(kit().createTestProbe().ref()));
        PersistentRepr event =
                Writer.of(newPersistenceId()).event(1, "something").withMetadata(address);
        assertThat(storedAndReplayed(event).metadata()).isEqualTo(Option.apply(address));
    }

    @Test
    default void a_tagged_event_is_replayed_without_its_tags() {
        Writer writer = Writer.of(newPersistenceId());
        assertThat(storedAndReplayed(writer.event(1, new Tagged("bare", Set.of("tag-1", "tag-2"))))
                        .payload())
                .isEqualTo("bare");
    }
}
