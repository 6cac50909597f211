package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A replay whose bounds meet a deleted prefix: here the first three events of five are gone. */
public interface DeletedPrefixCases extends JournalFixture {

    private Replay replayAfterDeletionUpTo3(long from, long to) {
        String id = writerOfFive().persistenceId();
        journal().delete(id, 3);
        Replay replay = journal().replay(id, from, to);
        assertThat(replay.highestSequenceNr()).isEqualTo(5);
        return replay;
    }

    @Test
    default void a_replay_from_the_last_deleted_event_gives_all_that_are_left() {
        assertThat(replayAfterDeletionUpTo3(3, Long.MAX_VALUE).payloads()).containsExactly("a-4", "a-5");
    }

    @Test
    default void a_replay_that_ends_among_the_deleted_events_gives_none() {
        assertThat(replayAfterDeletionUpTo3(1, 2).events()).isEmpty();
    }

    @Test
    default void a_replay_that_ends_at_the_last_deleted_event_gives_none() {
        assertThat(replayAfterDeletionUpTo3(1, 3).events()).isEmpty();
    }

    @Test
    default void a_replay_from_the_first_event_that_is_left_gives_all_that_are_left() {
        assertThat(replayAfterDeletionUpTo3(4, Long.MAX_VALUE).payloads()).containsExactly("a-4", "a-5");
    }

    @Test
    default void a_replay_across_the_deleted_events_gives_those_that_are_left() {
        needs(Capability.REPLAYS_ACROSS_A_DELETED_PREFIX);
        assertThat(replayAfterDeletionUpTo3(1, 4).payloads()).containsExactly("a-4");
    }

    @Test
    default void deleted_events_do_not_count_towards_the_events_asked_for() {
        needs(Capability.REPLAYS_ACROSS_A_DELETED_PREFIX);
        String id = writerOfFive().persistenceId();
        journal().delete(id, 3);
        assertThat(journal().replay(id, 1, Long.MAX_VALUE, 1).payloads()).containsExactly("a-4");
    }
}
