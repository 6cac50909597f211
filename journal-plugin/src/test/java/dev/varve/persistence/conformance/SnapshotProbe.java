package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.Optional;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.persistence.DeleteSnapshotSuccess;
import org.apache.pekko.persistence.DeleteSnapshotsSuccess;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.SaveSnapshotFailure;
import org.apache.pekko.persistence.SaveSnapshotSuccess;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotProtocol;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import scala.jdk.javaapi.OptionConverters;

/** Speaks to a snapshot store as a persistent actor does. */
public final class SnapshotProbe {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final ActorRef store;
    private final TestProbe<Object> inbox;

    /** Of the snapshot store that the configuration of the actor system names. */
    public SnapshotProbe(ActorTestKit kit) {
        this.store = Persistence.get(kit.system()).snapshotStoreFor("", ConfigFactory.empty());
        this.inbox = kit.createTestProbe();
    }

    private Object ask(Object request) {
        store.tell(request, Adapter.toClassic(inbox.ref()));
        return inbox.receiveMessage(PATIENCE);
    }

    /** Saves a snapshot, which must succeed; its metadata as the store has completed it. */
    public SnapshotMetadata save(SnapshotMetadata metadata, Object snapshot) {
        Object answer = ask(new SnapshotProtocol.SaveSnapshot(metadata, snapshot));
        assertThat(answer).isInstanceOf(SaveSnapshotSuccess.class);
        return ((SaveSnapshotSuccess) answer).metadata();
    }

    /** Saves a snapshot, which must fail; the reason. */
    public Throwable failToSave(SnapshotMetadata metadata, Object snapshot) {
        Object answer = ask(new SnapshotProtocol.SaveSnapshot(metadata, snapshot));
        assertThat(answer).isInstanceOf(SaveSnapshotFailure.class);
        return ((SaveSnapshotFailure) answer).cause();
    }

    /**
     * Loads a snapshot.
     *
     * @param toSequenceNr up to where the actor is to recover
     */
    public Optional<SelectedSnapshot> load(
            String persistenceId, SnapshotSelectionCriteria criteria, long toSequenceNr) {
        Object answer = ask(new SnapshotProtocol.LoadSnapshot(persistenceId, criteria, toSequenceNr));
        assertThat(answer).isInstanceOf(SnapshotProtocol.LoadSnapshotResult.class);
        SnapshotProtocol.LoadSnapshotResult result = (SnapshotProtocol.LoadSnapshotResult) answer;
        assertThat(result.toSequenceNr()).isEqualTo(toSequenceNr);
        return OptionConverters.toJava(result.snapshot());
    }

    /** Loads a snapshot, which must fail; the reason. */
    public Throwable failToLoad(String persistenceId, SnapshotSelectionCriteria criteria) {
        Object answer = ask(new SnapshotProtocol.LoadSnapshot(persistenceId, criteria, Long.MAX_VALUE));
        assertThat(answer).isInstanceOf(SnapshotProtocol.LoadSnapshotFailed.class);
        return ((SnapshotProtocol.LoadSnapshotFailed) answer).cause();
    }

    /** Loads the newest snapshot of those that match. */
    public Optional<SelectedSnapshot> load(String persistenceId, SnapshotSelectionCriteria criteria) {
        return load(persistenceId, criteria, Long.MAX_VALUE);
    }

    /** Loads the newest snapshot. */
    public Optional<SelectedSnapshot> load(String persistenceId) {
        return load(persistenceId, SnapshotSelectionCriteria.latest());
    }

    /** Deletes one snapshot; a time of 0 stands for any. */
    public void delete(SnapshotMetadata metadata) {
        assertThat(ask(new SnapshotProtocol.DeleteSnapshot(metadata))).isEqualTo(new DeleteSnapshotSuccess(metadata));
    }

    /** Deletes all snapshots that match. */
    public void delete(String persistenceId, SnapshotSelectionCriteria criteria) {
        assertThat(ask(new SnapshotProtocol.DeleteSnapshots(persistenceId, criteria)))
                .isEqualTo(new DeleteSnapshotsSuccess(criteria));
    }
}
