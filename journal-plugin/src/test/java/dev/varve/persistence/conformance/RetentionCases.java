package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.persistence.conformance.Notebook.Command;
import dev.varve.persistence.conformance.Notebook.Noticed;
import dev.varve.persistence.conformance.Notebook.Options;
import dev.varve.persistence.conformance.Notebook.Page;
import java.time.Duration;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.typed.DeleteEventsCompleted;
import org.apache.pekko.persistence.typed.DeleteSnapshotsCompleted;
import org.apache.pekko.persistence.typed.EventSourcedSignal;
import org.apache.pekko.persistence.typed.SnapshotCompleted;
import org.apache.pekko.persistence.typed.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.typed.javadsl.Recovery;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.junit.jupiter.api.Test;

/** Entities that keep snapshots, and delete what is older. */
interface RetentionCases extends TypedFixture {

    private static <S extends EventSourcedSignal> S next(TestProbe<Noticed> signals, Class<S> type) {
        EventSourcedSignal signal =
                signals.receiveMessage(Duration.ofSeconds(20)).signal();
        while (!type.isInstance(signal)) {
            signal = signals.receiveMessage(Duration.ofSeconds(20)).signal();
        }
        return type.cast(signal);
    }

    private String tenLines(ActorRef<Command> notebook) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= 10; i++) {
            add(notebook, "line " + i);
            text.append(lines("line " + i));
        }
        return text.toString();
    }

    @Test
    default void an_entity_recovers_from_its_snapshot_and_the_events_behind_it() {
        String id = newPersistenceId();
        TestProbe<Noticed> signals = kit().createTestProbe();
        Options options = Options.plain()
                .withRetention(RetentionCriteria.snapshotEvery(4, 2))
                .withSignalsTo(signals.ref());
        ActorRef<Command> notebook = open(id, options);
        String text = tenLines(notebook);
        assertThat(next(signals, SnapshotCompleted.class).getSnapshotMetadata().sequenceNr())
                .isEqualTo(4);
        assertThat(next(signals, SnapshotCompleted.class).getSnapshotMetadata().sequenceNr())
                .isEqualTo(8);
        close(notebook);

        ActorRef<Command> again = open(id, options);
        assertThat(read(again)).isEqualTo(new Page(text, 10));
        close(again);

        // Without the snapshot everything comes from the events.
        ActorRef<Command> withoutSnapshots = open(
                id,
                Options.plain().withRecovery(Recovery.withSnapshotSelectionCriteria(SnapshotSelectionCriteria.none())));
        assertThat(read(withoutSnapshots)).isEqualTo(new Page(text, 10));
        close(withoutSnapshots);
    }

    @Test
    default void an_entity_deletes_the_events_before_its_snapshots_and_recovers_all_the_same() {
        String id = newPersistenceId();
        TestProbe<Noticed> signals = kit().createTestProbe();
        Options options = Options.plain()
                .withRetention(RetentionCriteria.snapshotEvery(2, 2).withDeleteEventsOnSnapshot())
                .withSignalsTo(signals.ref());
        ActorRef<Command> notebook = open(id, options);
        String text = tenLines(notebook);
        // The snapshot at 10 keeps two intervals before it, so everything up to 6 goes.
        while (next(signals, DeleteEventsCompleted.class).getToSequenceNr() < 6) {}
        close(notebook);
        assertThat(journal().replay(id).sequenceNrs()).containsExactly(7L, 8L, 9L, 10L);
        assertThat(journal().replay(id).highestSequenceNr()).isEqualTo(10);

        ActorRef<Command> again = open(id, options);
        assertThat(read(again)).isEqualTo(new Page(text, 10));
        assertThat(add(again, "line 11").sequenceNr()).isEqualTo(11);
        close(again);
    }

    @Test
    default void an_entity_deletes_its_old_snapshots() {
        String id = newPersistenceId();
        TestProbe<Noticed> signals = kit().createTestProbe();
        ActorRef<Command> notebook = open(
                id,
                Options.plain()
                        .withRetention(RetentionCriteria.snapshotEvery(2, 1))
                        .withSignalsTo(signals.ref()));
        tenLines(notebook);
        next(signals, DeleteSnapshotsCompleted.class);
        close(notebook);
        SnapshotProbe snapshots = new SnapshotProbe(kit());
        assertThat(snapshots.load(id))
                .hasValueSatisfying(
                        snapshot -> assertThat(snapshot.metadata().sequenceNr()).isGreaterThanOrEqualTo(8));
        assertThat(snapshots.load(id, org.apache.pekko.persistence.SnapshotSelectionCriteria.create(2, Long.MAX_VALUE)))
                .isEmpty();
    }

    @Test
    default void snapshot_and_events_fit_together_after_a_restart() {
        needs(Capability.SURVIVES_A_RESTART);
        String id = newPersistenceId();
        TestProbe<Noticed> signals = kit().createTestProbe();
        Options options = Options.plain()
                .withRetention(RetentionCriteria.snapshotEvery(4, 1).withDeleteEventsOnSnapshot());
        ActorRef<Command> notebook = open(id, options.withSignalsTo(signals.ref()));
        String text = tenLines(notebook);
        next(signals, DeleteEventsCompleted.class);
        restart();
        ActorRef<Command> again = open(id, options);
        assertThat(add(again, "line 11")).isEqualTo(new Page(text + lines("line 11"), 11));
        close(again);
    }
}
