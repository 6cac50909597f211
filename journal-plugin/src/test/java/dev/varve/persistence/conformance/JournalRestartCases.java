package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.persistence.conformance.Temperature.Fahrenheit;
import dev.varve.persistence.conformance.WriteOutcome.Failed;
import org.apache.pekko.persistence.PersistentRepr;
import org.junit.jupiter.api.Test;
import scala.Option;

/** All is as it was when another actor system goes on with the same storage. */
public interface JournalRestartCases extends JournalFixture {

    @Test
    default void events_are_there_after_a_restart() {
        needs(Capability.SURVIVES_A_RESTART);
        Writer writer = writerOfFive();
        Replay before = journal().replay(writer.persistenceId());
        restart();
        Replay after = journal().replay(writer.persistenceId());
        assertThat(after).isEqualTo(before);
        journal().store(writer.another().write(6, "b-6"));
        assertThat(journal().replay(writer.persistenceId(), 5, 6).payloads()).containsExactly("a-5", "b-6");
    }

    @Test
    default void deleted_events_stay_deleted_after_a_restart() {
        needs(Capability.SURVIVES_A_RESTART);
        String id = writerOfFive().persistenceId();
        journal().delete(id, 3);
        restart();
        Replay replay = journal().replay(id);
        assertThat(replay.payloads()).containsExactly("a-4", "a-5");
        assertThat(replay.highestSequenceNr()).isEqualTo(5);
    }

    @Test
    default void the_highest_sequence_number_outlives_the_deletion_of_all_events_and_a_restart() {
        needs(Capability.SURVIVES_A_RESTART);
        Writer writer = writerOfFive();
        journal().delete(writer.persistenceId(), Long.MAX_VALUE);
        restart();
        Replay replay = journal().replay(writer.persistenceId(), 0, Long.MAX_VALUE);
        assertThat(replay.events()).isEmpty();
        assertThat(replay.highestSequenceNr()).isEqualTo(5);
        restart();
        journal().store(writer.another().write(6, "b-6"));
        assertThat(journal().replay(writer.persistenceId()).payloads()).containsExactly("b-6");
    }

    @Test
    default void time_metadata_and_manifest_outlive_a_restart() {
        needs(Capability.SURVIVES_A_RESTART, Capability.KEEPS_METADATA_OF_EVENTS, Capability.KEEPS_TIMES_OF_EVENTS);
        Writer writer = Writer.of(newPersistenceId());
        journal()
                .store(
                        Writer.write(
                                writer.event(1, "something").withManifest("m").withMetadata("about it")),
                        writer.write(2, new Fahrenheit(68)));
        long timestamp =
                journal().replay(writer.persistenceId()).events().get(0).timestamp();
        restart();
        Replay replay = journal().replay(writer.persistenceId());
        PersistentRepr event = replay.events().get(0);
        assertThat(event.manifest()).isEqualTo("m");
        assertThat(event.metadata()).isEqualTo(Option.apply("about it"));
        assertThat(event.timestamp()).isEqualTo(timestamp).isPositive();
        assertThat(replay.payloads()).containsExactly("something", new Fahrenheit(68));
    }

    @Test
    default void a_second_writer_is_refused_after_a_restart_too() {
        needs(Capability.SURVIVES_A_RESTART, Capability.REFUSES_A_SECOND_WRITER);
        Writer writer = writerOfFive();
        restart();
        assertThat(journal().write(writer.another().write(5, "b-5"))).hasOnlyElementsOfType(Failed.class);
        journal().store(writer.another().write(6, "b-6"));
    }

    @Test
    default void the_same_write_is_acknowledged_again_after_a_restart_too() {
        needs(Capability.SURVIVES_A_RESTART, Capability.ACKNOWLEDGES_THE_SAME_WRITE_AGAIN);
        Writer writer = writerOfFive();
        restart();
        journal().store(writer.write(4, "a-4", "a-5"), writer.write(6, "a-6"));
        assertThat(journal().replay(writer.persistenceId()).sequenceNrs()).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
    }
}
