package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A replay gives what was asked for, and in any case the highest sequence number. */
public interface ReplayCases extends JournalFixture {

    private void replayGives(Replay replay, Long... sequenceNrs) {
        assertThat(replay.sequenceNrs()).containsExactly(sequenceNrs);
        assertThat(replay.payloads())
                .containsExactlyElementsOf(
                        List.of(sequenceNrs).stream().map(n -> "a-" + n).toList());
        assertThat(replay.highestSequenceNr()).isEqualTo(5);
    }

    @Test
    default void a_replay_gives_all_events_in_order() {
        String id = writerOfFive().persistenceId();
        replayGives(journal().replay(id, 1, Long.MAX_VALUE), 1L, 2L, 3L, 4L, 5L);
        replayGives(journal().replay(id, 0, Long.MAX_VALUE), 1L, 2L, 3L, 4L, 5L);
    }

    @Test
    default void a_replay_begins_at_the_lower_bound() {
        replayGives(journal().replay(writerOfFive().persistenceId(), 3, Long.MAX_VALUE), 3L, 4L, 5L);
    }

    @Test
    default void a_replay_ends_at_the_upper_bound() {
        replayGives(journal().replay(writerOfFive().persistenceId(), 1, 3), 1L, 2L, 3L);
    }

    @Test
    default void a_replay_ends_inside_a_write_of_several_events() {
        replayGives(journal().replay(writerOfFive().persistenceId(), 1, 4), 1L, 2L, 3L, 4L);
    }

    @Test
    default void a_replay_begins_inside_a_write_of_several_events() {
        replayGives(journal().replay(writerOfFive().persistenceId(), 5, Long.MAX_VALUE), 5L);
    }

    @Test
    default void a_replay_gives_no_more_events_than_asked_for() {
        replayGives(journal().replay(writerOfFive().persistenceId(), 1, Long.MAX_VALUE, 3), 1L, 2L, 3L);
    }

    @Test
    default void a_replay_keeps_to_both_bounds() {
        replayGives(journal().replay(writerOfFive().persistenceId(), 2, 3), 2L, 3L);
    }

    @Test
    default void a_replay_keeps_to_both_bounds_and_the_count() {
        replayGives(journal().replay(writerOfFive().persistenceId(), 2, 5, 2), 2L, 3L);
    }

    @Test
    default void a_replay_gives_one_event_where_the_bounds_are_equal() {
        replayGives(journal().replay(writerOfFive().persistenceId(), 2, 2), 2L);
    }

    @Test
    default void a_replay_gives_one_event_where_one_is_asked_for() {
        replayGives(journal().replay(writerOfFive().persistenceId(), 2, 4, 1), 2L);
    }

    @Test
    default void a_replay_of_no_events_tells_the_highest_sequence_number() {
        replayGives(journal().replay(writerOfFive().persistenceId(), 2, 4, 0));
    }

    @Test
    default void a_replay_with_the_lower_bound_above_the_upper_one_gives_no_events() {
        replayGives(journal().replay(writerOfFive().persistenceId(), 3, 2));
    }

    @Test
    default void a_replay_from_behind_the_last_event_gives_no_events() {
        replayGives(journal().replay(writerOfFive().persistenceId(), 6, Long.MAX_VALUE));
    }

    @Test
    default void an_actor_that_never_wrote_has_no_events_and_the_sequence_number_0() {
        Replay replay = journal().replay(newPersistenceId(), 0, Long.MAX_VALUE);
        assertThat(replay.events()).isEmpty();
        assertThat(replay.highestSequenceNr()).isZero();
    }

    @Test
    default void ids_with_the_same_hash_do_not_see_each_other() {
        String suffix = newPersistenceId();
        Writer one = Writer.of("Aa|" + suffix);
        Writer other = Writer.of("BB|" + suffix);
        assertThat(one.persistenceId()).hasSameHashCodeAs(other.persistenceId());

        journal().store(one.write(1, "one-1"), other.write(1, "other-1", "other-2"), one.write(2, "one-2"));
        journal().store(other.write(3, "other-3"));
        journal().delete(other.persistenceId(), 1);

        assertThat(journal().replay(one.persistenceId()).payloads()).containsExactly("one-1", "one-2");
        assertThat(journal().replay(one.persistenceId()).highestSequenceNr()).isEqualTo(2);
        assertThat(journal().replay(other.persistenceId()).payloads()).containsExactly("other-2", "other-3");
        assertThat(journal().replay(other.persistenceId()).highestSequenceNr()).isEqualTo(3);
    }

    @Test
    default void ids_that_differ_in_case_do_not_see_each_other() {
        String suffix = newPersistenceId();
        journal().store(Writer.of("a" + suffix).write(1, "small"));
        journal().store(Writer.of("A" + suffix).write(1, "capital"));
        assertThat(journal().replay("a" + suffix).payloads()).containsExactly("small");
        assertThat(journal().replay("A" + suffix).payloads()).containsExactly("capital");
    }

    @Test
    default void ids_may_be_long_and_of_any_characters() {
        needs(Capability.TAKES_ANY_IDS_AND_TAGS);
        for (String text : List.of("ä€😀|/\\:*?\"<> .-_%", "../../etc", "x".repeat(200))) {
            Writer writer = Writer.of(text + newPersistenceId());
            journal().store(writer.write(1, text));
            assertThat(journal().replay(writer.persistenceId()).payloads()).containsExactly(text);
        }
    }
}
