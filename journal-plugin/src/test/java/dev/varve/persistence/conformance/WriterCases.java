package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.persistence.conformance.WriteOutcome.Failed;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Two actors with the same persistence id, as a split brain makes them: the second is refused when it writes, so that no replay
 * ever has to choose between two histories.
 */
public interface WriterCases extends JournalFixture {

    private void refused(Writer second, List<WriteOutcome> outcomes) {
        assertThat(outcomes).isNotEmpty().allSatisfy(outcome -> assertThat(outcome)
                .isInstanceOf(Failed.class));
        Replay replay = journal().replay(second.persistenceId());
        assertThat(replay.payloads()).containsExactly("a-1", "a-2", "a-3", "a-4", "a-5");
        assertThat(replay.highestSequenceNr()).isEqualTo(5);
    }

    @Test
    default void another_writer_goes_on_at_the_next_sequence_number() {
        Writer first = writerOfFive();
        journal().store(first.another().write(6, "b-6", "b-7"));
        assertThat(journal().replay(first.persistenceId(), 5, 7).payloads()).containsExactly("a-5", "b-6", "b-7");
    }

    @Test
    default void another_writer_at_a_sequence_number_that_is_taken_fails() {
        needs(Capability.REFUSES_A_SECOND_WRITER);
        Writer second = writerOfFive().another();
        refused(second, journal().write(second.write(5, "b-5")));
        refused(second, journal().write(second.write(1, "b-1")));
    }

    @Test
    default void another_writer_fails_even_with_the_same_event() {
        needs(Capability.REFUSES_A_SECOND_WRITER);
        Writer second = writerOfFive().another();
        refused(second, journal().write(second.write(4, "a-4", "a-5")));
    }

    @Test
    default void another_writer_whose_write_begins_at_a_sequence_number_that_is_taken_fails_with_all_of_it() {
        needs(Capability.REFUSES_A_SECOND_WRITER);
        Writer second = writerOfFive().another();
        refused(second, journal().write(second.write(5, "b-5", "b-6")));
    }

    @Test
    default void another_writer_that_leaves_a_gap_fails() {
        needs(Capability.REFUSES_A_SECOND_WRITER);
        Writer second = writerOfFive().another();
        refused(second, journal().write(second.write(7, "b-7")));
    }

    @Test
    default void the_first_writer_fails_once_another_one_has_written() {
        needs(Capability.REFUSES_A_SECOND_WRITER);
        Writer first = writerOfFive();
        Writer second = first.another();
        journal().store(second.write(6, "b-6"));
        assertThat(journal().write(first.write(6, "a-6"))).hasOnlyElementsOfType(Failed.class);
        assertThat(journal().replay(first.persistenceId(), 6, Long.MAX_VALUE).payloads())
                .containsExactly("b-6");
        journal().store(second.write(7, "b-7"));
    }

    @Test
    default void a_failure_names_both_writers() {
        needs(Capability.NAMES_BOTH_WRITERS);
        Writer first = writerOfFive();
        Writer second = first.another();
        assertThat(journal().write(second.write(5, "b-5")))
                .singleElement()
                .isInstanceOfSatisfying(Failed.class, failed -> assertThat(failed.cause())
                        .hasMessageContaining(first.uuid())
                        .hasMessageContaining(second.uuid())
                        .hasMessageContaining(first.persistenceId()));
    }

    @Test
    default void a_refused_writer_does_no_harm_to_others_in_its_batch() {
        needs(Capability.REFUSES_A_SECOND_WRITER);
        Writer second = writerOfFive().another();
        Writer other = Writer.of(newPersistenceId());
        journal().write(other.write(1, "c-1"), second.write(5, "b-5"));
        // A batch with a failure in it fails as a whole, so nothing is known of the others, but for what can be read.
        Replay replay = journal().replay(other.persistenceId());
        assertThat(replay.payloads()).isIn(List.of(), List.of("c-1"));
        journal().store(other.another().write(replay.highestSequenceNr() + 1, "c-next"));
    }

    @Test
    default void the_same_writer_may_send_a_write_again() {
        needs(Capability.ACKNOWLEDGES_THE_SAME_WRITE_AGAIN);
        Writer writer = writerOfFive();
        journal().store(writer.write(5, "a-5"));
        journal().store(writer.write(4, "a-4", "a-5"));
        journal().store(writer.write(2, "a-2"));
        Replay replay = journal().replay(writer.persistenceId());
        assertThat(replay.payloads()).containsExactly("a-1", "a-2", "a-3", "a-4", "a-5");
        assertThat(replay.highestSequenceNr()).isEqualTo(5);
    }

    @Test
    default void the_same_writer_with_another_event_at_a_sequence_number_that_is_taken_fails() {
        needs(Capability.REFUSES_A_SECOND_WRITER);
        Writer writer = writerOfFive();
        refused(writer, journal().write(writer.write(5, "other than a-5")));
    }

    @Test
    default void the_same_writer_goes_on_behind_what_was_sent_again() {
        needs(Capability.ACKNOWLEDGES_THE_SAME_WRITE_AGAIN);
        Writer writer = writerOfFive();
        journal().store(writer.write(4, "a-4", "a-5"), writer.write(6, "a-6"));
        assertThat(journal().replay(writer.persistenceId(), 4, 7).payloads()).containsExactly("a-4", "a-5", "a-6");
    }

    @Test
    default void a_second_writer_fails_also_where_all_events_are_deleted() {
        needs(Capability.REFUSES_A_SECOND_WRITER);
        Writer first = writerOfFive();
        journal().delete(first.persistenceId(), Long.MAX_VALUE);
        assertThat(journal().write(first.another().write(5, "b-5"))).hasOnlyElementsOfType(Failed.class);
        journal().store(first.another().write(6, "b-6"));
        assertThat(journal().replay(first.persistenceId()).payloads()).containsExactly("b-6");
    }
}
