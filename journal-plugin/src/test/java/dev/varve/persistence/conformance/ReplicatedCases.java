package dev.varve.persistence.conformance;

import static dev.varve.persistence.conformance.ReplicatedNotebook.NORTH;
import static dev.varve.persistence.conformance.ReplicatedNotebook.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.persistence.conformance.Notebook.Command;
import dev.varve.persistence.conformance.Notebook.Noticed;
import java.time.Duration;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.typed.ReplicaId;
import org.apache.pekko.persistence.typed.SnapshotCompleted;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Replicated Event Sourcing: two replicas that hear of each other by the read journal. */
interface ReplicatedCases extends TypedFixture {

    private void needsWhatReplicasNeed() {
        needs(
                Capability.KEEPS_METADATA_OF_EVENTS,
                Capability.QUERIES_LIVE_EVENTS_BY_PERSISTENCE_ID,
                Capability.QUERIES_EVENTS_WITH_METADATA);
    }

    private ActorRef<Command> open(
            String id, ReplicaId replica, RetentionCriteria retention, ActorRef<Noticed> signals) {
        return kit().spawn(ReplicatedNotebook.create(
                id, replica, plugin().queryPluginId().orElseThrow(), retention, signals));
    }

    private ActorRef<Command> open(String id, ReplicaId replica) {
        TestProbe<Noticed> nobodyListens = kit().createTestProbe();
        return open(id, replica, RetentionCriteria.disabled(), nobodyListens.ref());
    }

    private void reads(ActorRef<Command> replica, String... lines) {
        String text = ReplicatedNotebook.text(Stream.of(lines));
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(read(replica).text()).isEqualTo(text));
    }

    @Test
    default void replicas_hear_of_what_the_other_one_persisted_once() {
        needsWhatReplicasNeed();
        String id = newPersistenceId().replace('|', '-');
        ActorRef<Command> north = open(id, NORTH);
        add(north, "north 1");
        ActorRef<Command> south = open(id, SOUTH);
        add(south, "south 1", "south 2");
        add(north, "north 2");
        reads(north, "north 1", "north 2", "south 1", "south 2");
        reads(south, "north 1", "north 2", "south 1", "south 2");
        close(north);
        close(south);
    }

    @Test
    default void a_replica_catches_up_with_what_it_missed() {
        needsWhatReplicasNeed();
        String id = newPersistenceId().replace('|', '-');
        ActorRef<Command> north = open(id, NORTH);
        ActorRef<Command> south = open(id, SOUTH);
        add(north, "north 1");
        reads(south, "north 1");
        close(south);
        add(north, "north 2");
        add(north, "north 3", "north 4");
        ActorRef<Command> again = open(id, SOUTH);
        add(again, "south 1");
        reads(again, "north 1", "north 2", "north 3", "north 4", "south 1");
        reads(north, "north 1", "north 2", "north 3", "north 4", "south 1");
        close(north);
        close(again);
    }

    @Test
    default void replicas_that_write_at_the_same_time_agree_in_the_end() {
        needsWhatReplicasNeed();
        String id = newPersistenceId().replace('|', '-');
        ActorRef<Command> north = open(id, NORTH);
        ActorRef<Command> south = open(id, SOUTH);
        String[] lines = IntStream.range(0, 40)
                .mapToObj(i -> (i % 2 == 0 ? "north " : "south ") + (100 + i))
                .toArray(String[]::new);
        for (int i = 0; i < lines.length; i++) {
            add(i % 2 == 0 ? north : south, lines[i]);
        }
        reads(north, lines);
        reads(south, lines);
        close(north);
        close(south);
    }

    @Test
    default void a_replica_with_a_snapshot_remembers_what_it_has_seen() {
        needsWhatReplicasNeed();
        needs(Capability.KEEPS_METADATA_OF_SNAPSHOTS);
        String id = newPersistenceId().replace('|', '-');
        TestProbe<Noticed> signals = kit().createTestProbe();
        RetentionCriteria retention = RetentionCriteria.snapshotEvery(3, 2);
        ActorRef<Command> north = open(id, NORTH);
        add(north, "north 1", "north 2");
        ActorRef<Command> south = open(id, SOUTH, retention, signals.ref());
        reads(south, "north 1", "north 2");
        add(south, "south 1");
        signals.fishForMessage(
                Duration.ofSeconds(20),
                noticed -> noticed.signal() instanceof SnapshotCompleted
                        ? FishingOutcomes.complete()
                        : FishingOutcomes.continueAndIgnore());
        close(south);
        add(north, "north 3");
        ActorRef<Command> again = open(id, SOUTH, retention, signals.ref());
        reads(again, "north 1", "north 2", "north 3", "south 1");
        close(north);
        close(again);
    }

    @Test
    default void replicas_agree_after_a_restart() {
        needsWhatReplicasNeed();
        needs(Capability.SURVIVES_A_RESTART);
        String id = newPersistenceId().replace('|', '-');
        add(open(id, NORTH), "north 1");
        ActorRef<Command> south = open(id, SOUTH);
        add(south, "south 1");
        reads(south, "north 1", "south 1");
        restart();
        ActorRef<Command> north = open(id, NORTH);
        ActorRef<Command> southAgain = open(id, SOUTH);
        add(north, "north 2");
        reads(north, "north 1", "north 2", "south 1");
        reads(southAgain, "north 1", "north 2", "south 1");
        close(north);
        close(southAgain);
    }
}
