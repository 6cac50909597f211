package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.persistence.conformance.WriteOutcome.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What is written is there when it is acknowledged, and in the order in which it was written. */
public interface OrderCases extends JournalFixture {

    private static List<Long> upTo(long last) {
        return LongStream.rangeClosed(1, last).boxed().toList();
    }

    @Test
    default void a_replay_waits_for_the_writes_before_it() {
        for (int round = 0; round < 20; round++) {
            Writer writer = Writer.of(newPersistenceId());
            var write = journal().sendWrite(writer.write(1, "a-1"), writer.write(2, "a-2", "a-3"));
            var replay = journal().sendReplay(writer.persistenceId(), 1, Long.MAX_VALUE, Long.MAX_VALUE);
            assertThat(replay.get().highestSequenceNr()).isEqualTo(3);
            write.get();
        }
    }

    @Test
    default void a_replay_waits_for_every_one_of_many_writes_before_it() {
        Writer writer = Writer.of(newPersistenceId());
        List<Supplier<List<WriteOutcome>>> writes = new ArrayList<>();
        for (int i = 1; i <= 100; i++) {
            writes.add(journal().sendWrite(writer.write(i, "a-" + i)));
        }
        var replay = journal().sendReplay(writer.persistenceId(), 1, Long.MAX_VALUE, Long.MAX_VALUE);
        assertThat(replay.get().highestSequenceNr()).isEqualTo(100);
        assertThat(writes).allSatisfy(write -> assertThat(write.get()).hasOnlyElementsOfType(Stored.class));
        assertThat(journal().replay(writer.persistenceId()).sequenceNrs()).isEqualTo(upTo(100));
    }

    @Test
    default void what_is_acknowledged_can_be_read_at_once() {
        Writer writer = Writer.of(newPersistenceId());
        for (int i = 1; i <= 30; i++) {
            journal().store(writer.write(i, "a-" + i));
            Replay replay = journal().replay(writer.persistenceId(), i, i);
            assertThat(replay.payloads()).containsExactly("a-" + i);
            assertThat(replay.highestSequenceNr()).isEqualTo(i);
        }
    }

    @Test
    default void one_batch_holds_writes_of_several_actors() {
        Writer one = Writer.of(newPersistenceId());
        Writer other = Writer.of(newPersistenceId());
        List<WriteOutcome> outcomes = journal()
                .write(
                        one.write(1, "one-1"),
                        other.write(1, "other-1", "other-2"),
                        one.write(2, "one-2"),
                        other.write(3, "other-3"));
        assertThat(outcomes).extracting(WriteOutcome::sequenceNr).containsExactly(1L, 1L, 2L, 2L, 3L);
        assertThat(outcomes).hasOnlyElementsOfType(Stored.class);
        assertThat(journal().replay(one.persistenceId()).payloads()).containsExactly("one-1", "one-2");
        assertThat(journal().replay(other.persistenceId()).payloads()).containsExactly("other-1", "other-2", "other-3");
    }

    @Test
    default void many_actors_write_at_the_same_time_and_each_keeps_its_order() {
        List<Writer> writers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            writers.add(Writer.of(newPersistenceId()));
        }
        List<Supplier<List<WriteOutcome>>> writes = new ArrayList<>();
        for (int n = 1; n <= 20; n++) {
            for (Writer writer : writers) {
                writes.add(journal().sendWrite(writer.write(n, writer.uuid() + n)));
            }
        }
        assertThat(writes).allSatisfy(write -> assertThat(write.get()).hasOnlyElementsOfType(Stored.class));
        assertThat(writers).allSatisfy(writer -> {
            Replay replay = journal().replay(writer.persistenceId());
            assertThat(replay.sequenceNrs()).isEqualTo(upTo(20));
            assertThat(replay.payloads())
                    .containsExactlyElementsOf(
                            upTo(20).stream().map(n -> writer.uuid() + n).toList());
        });
    }

    @Test
    default void ten_thousand_events_of_one_actor_are_replayed_in_order() {
        Writer writer = Writer.of(newPersistenceId());
        List<Supplier<List<WriteOutcome>>> writes = new ArrayList<>();
        for (int i = 0; i < 10_000; i += 20) {
            int first = i + 1;
            writes.add(journal()
                    .sendWrite(writer.write(
                            first, upTo(20).stream().map(n -> first + n - 1).toArray())));
        }
        assertThat(writes).allSatisfy(write -> assertThat(write.get()).hasOnlyElementsOfType(Stored.class));
        Replay replay = journal().replay(writer.persistenceId());
        assertThat(replay.sequenceNrs()).isEqualTo(upTo(10_000));
        assertThat(replay.payloads()).isEqualTo(upTo(10_000));
        assertThat(journal().replay(writer.persistenceId(), 9_990, 10_000).sequenceNrs())
                .hasSize(11);
    }

    @Test
    default void a_thousand_events_in_one_write_are_stored() {
        Writer writer = Writer.of(newPersistenceId());
        Object[] payloads = upTo(1000).stream().map(n -> "a-" + n).toArray();
        journal().store(writer.write(1, payloads));
        assertThat(journal().replay(writer.persistenceId()).payloads()).containsExactly(payloads);
    }
}
