package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.persistence.conformance.WriteOutcome.Rejected;
import dev.varve.persistence.conformance.WriteOutcome.Stored;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What cannot be stored is rejected, which says: certainly not stored. All else in the batch is. */
public interface RejectionCases extends JournalFixture {

    /** No serializer takes this. */
    private static Object unserializable() {
        return new Object() {
            @Override
            public String toString() {
                return "not serializable";
            }
        };
    }

    private void storedButFor(List<WriteOutcome> outcomes, long... rejected) {
        List<Long> refused = Arrays.stream(rejected).boxed().toList();
        assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome)
                .isInstanceOf(refused.contains(outcome.sequenceNr()) ? Rejected.class : Stored.class));
    }

    @Test
    default void an_event_that_cannot_be_serialized_is_rejected_and_those_around_it_are_stored() {
        needs(Capability.REJECTS_WHAT_CANNOT_BE_SERIALIZED);
        Writer writer = writerOfFive();
        List<WriteOutcome> outcomes =
                journal().write(writer.write(6, "b-6"), writer.write(7, unserializable()), writer.write(8, "b-8"));

        assertThat(outcomes).extracting(WriteOutcome::sequenceNr).containsExactly(6L, 7L, 8L);
        storedButFor(outcomes, 7);
        Replay replay = journal().replay(writer.persistenceId(), 6, Long.MAX_VALUE);
        assertThat(replay.payloads()).containsExactly("b-6", "b-8");
        assertThat(replay.sequenceNrs()).containsExactly(6L, 8L);
        assertThat(replay.highestSequenceNr()).isEqualTo(8);
    }

    @Test
    default void a_write_of_several_events_is_rejected_whole_where_one_cannot_be_serialized() {
        needs(Capability.REJECTS_WHAT_CANNOT_BE_SERIALIZED, Capability.REJECTS_A_WRITE_OF_SEVERAL_EVENTS_WHOLE);
        Writer writer = writerOfFive();
        List<WriteOutcome> outcomes =
                journal().write(writer.write(6, "b-6", unserializable(), "b-8"), writer.write(9, "b-9"));

        storedButFor(outcomes, 6, 7, 8);
        assertThat(journal().replay(writer.persistenceId(), 6, Long.MAX_VALUE).payloads())
                .containsExactly("b-9");
    }

    @Test
    default void a_rejected_event_at_the_end_does_not_count_as_written() {
        needs(Capability.REJECTS_WHAT_CANNOT_BE_SERIALIZED);
        Writer writer = writerOfFive();
        storedButFor(journal().write(writer.write(6, unserializable())), 6);
        assertThat(journal().replay(writer.persistenceId()).highestSequenceNr()).isEqualTo(5);
        journal().store(writer.another().write(6, "another life's"));
        assertThat(journal().replay(writer.persistenceId(), 6, 6).payloads()).containsExactly("another life's");
    }

    @Test
    default void the_events_of_other_actors_in_the_batch_of_a_rejected_one_are_stored() {
        needs(Capability.REJECTS_WHAT_CANNOT_BE_SERIALIZED);
        Writer one = Writer.of(newPersistenceId());
        Writer other = Writer.of(newPersistenceId());
        List<WriteOutcome> outcomes =
                journal().write(one.write(1, unserializable()), other.write(1, "good"), one.write(2, "good too"));
        assertThat(outcomes).hasExactlyElementsOfTypes(Rejected.class, Stored.class, Stored.class);
        assertThat(journal().replay(other.persistenceId()).payloads()).containsExactly("good");
        assertThat(journal().replay(one.persistenceId()).payloads()).containsExactly("good too");
    }

    @Test
    default void a_writer_goes_on_behind_its_rejected_events() {
        needs(Capability.REJECTS_WHAT_CANNOT_BE_SERIALIZED);
        Writer writer = Writer.of(newPersistenceId());
        storedButFor(journal().write(writer.write(1, unserializable())), 1);
        journal().store(writer.write(2, "a-2"));
        Writer another = writer.another();
        storedButFor(journal().write(another.write(3, unserializable())), 3);
        storedButFor(journal().write(another.write(4, unserializable(), "b-5")), 4, 5);
        journal().store(another.write(6, "b-6"));
        assertThat(journal().replay(writer.persistenceId()).payloads()).containsExactly("a-2", "b-6");
    }

    private int limit() {
        assumeTrue(plugin().maxEventBytes().isPresent(), "the plugin has no limit for the size of an event");
        return plugin().maxEventBytes().getAsInt();
    }

    @Test
    default void an_event_of_the_greatest_size_is_stored() {
        byte[] greatest = new byte[limit()];
        greatest[greatest.length - 1] = 42;
        Writer writer = Writer.of(newPersistenceId());
        journal().store(writer.write(1, greatest), writer.write(2, "next"));
        assertThat(journal().replay(writer.persistenceId()).payloads()).containsExactly(greatest, "next");
    }

    @Test
    default void an_event_over_the_greatest_size_is_rejected_and_those_around_it_are_stored() {
        limit();
        byte[] tooLarge = new byte[plugin().tooLargeEventBytes().getAsInt()];
        Writer writer = Writer.of(newPersistenceId());
        List<WriteOutcome> outcomes =
                journal().write(writer.write(1, "before"), writer.write(2, tooLarge), writer.write(3, "behind"));
        storedButFor(outcomes, 2);
        assertThat(journal().replay(writer.persistenceId()).payloads()).containsExactly("before", "behind");
    }

    @Test
    default void several_events_of_the_greatest_size_in_one_batch_are_stored() {
        byte[] greatest = new byte[limit()];
        Writer writer = Writer.of(newPersistenceId());
        journal().store(writer.write(1, greatest), writer.write(2, greatest), writer.write(3, greatest));
        assertThat(journal().replay(writer.persistenceId()).sequenceNrs()).containsExactly(1L, 2L, 3L);
    }
}
