package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is deleted is gone, what is not stays, and sequence numbers are never used twice. */
public interface DeletionCases extends JournalFixture {

    @Test
    default void deleted_events_are_not_replayed() {
        String id = writerOfFive().persistenceId();
        journal().delete(id, 3);
        assertThat(journal().replay(id).payloads()).containsExactly("a-4", "a-5");
    }

    @Test
    default void a_deletion_does_not_lower_the_highest_sequence_number() {
        String id = writerOfFive().persistenceId();
        journal().delete(id, 3);
        assertThat(journal().replay(id, 0, Long.MAX_VALUE).highestSequenceNr()).isEqualTo(5);
    }

    @Test
    default void deleting_everything_does_not_lower_the_highest_sequence_number() {
        String id = writerOfFive().persistenceId();
        journal().delete(id, Long.MAX_VALUE);
        Replay replay = journal().replay(id, 0, Long.MAX_VALUE);
        assertThat(replay.events()).isEmpty();
        assertThat(replay.highestSequenceNr()).isEqualTo(5);
    }

    @Test
    default void a_deletion_may_cut_a_write_of_several_events() {
        String id = writerOfFive().persistenceId();
        journal().delete(id, 4);
        assertThat(journal().replay(id).payloads()).containsExactly("a-5");
    }

    @Test
    default void deleting_everything_leaves_what_is_written_later() {
        Writer writer = writerOfFive();
        journal().delete(writer.persistenceId(), Long.MAX_VALUE);
        journal().store(writer.write(6, "a-6"));
        Replay replay = journal().replay(writer.persistenceId());
        assertThat(replay.payloads()).containsExactly("a-6");
        assertThat(replay.highestSequenceNr()).isEqualTo(6);
    }

    @Test
    default void deleting_more_than_there_is_leaves_what_is_written_later() {
        Writer writer = writerOfFive();
        journal().delete(writer.persistenceId(), 7);
        assertThat(journal().replay(writer.persistenceId()).highestSequenceNr()).isEqualTo(5);
        journal().store(writer.write(6, "a-6", "a-7", "a-8"));
        assertThat(journal().replay(writer.persistenceId()).payloads()).containsExactly("a-6", "a-7", "a-8");
    }

    @Test
    default void a_second_deletion_below_the_first_brings_nothing_back() {
        String id = writerOfFive().persistenceId();
        journal().delete(id, 4);
        journal().delete(id, 2);
        journal().delete(id, 0);
        Replay replay = journal().replay(id);
        assertThat(replay.payloads()).containsExactly("a-5");
        assertThat(replay.highestSequenceNr()).isEqualTo(5);
    }

    @Test
    default void deleting_the_events_of_an_actor_that_never_wrote_is_no_error() {
        String id = newPersistenceId();
        journal().delete(id, Long.MAX_VALUE);
        assertThat(journal().replay(id, 0, Long.MAX_VALUE).highestSequenceNr()).isZero();
        journal().store(Writer.of(id).write(1, "first"));
        assertThat(journal().replay(id).payloads()).containsExactly("first");
    }

    @Test
    default void a_deletion_behind_writes_under_way_takes_those_that_were_before_it() {
        Writer writer = writerOfFive();
        var write = journal().sendWrite(writer.write(6, "a-6"), writer.write(7, "a-7"));
        var deletion = journal().sendDelete(writer.persistenceId(), 6);
        write.get();
        deletion.run();
        assertThat(journal().replay(writer.persistenceId()).payloads()).containsExactly("a-7");
    }
}
