package dev.varve.persistence.snapshot;

import com.typesafe.config.Config;
import dev.varve.persistence.storage.Stages;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.japi.pf.PFBuilder;
import org.apache.pekko.persistence.SaveSnapshotFailure;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.snapshot.japi.SnapshotStore;
import scala.PartialFunction;
import scala.concurrent.Future;
import scala.runtime.BoxedUnit;

/**
 * The snapshot store plugin {@code varve.snapshot-store}. Snapshots and deletions are acknowledged when they are durable, by the sync
 * policy of the log; a snapshot is stored whole or not at all.
 *
 * <p>Loaded is the one with the greatest sequence number of those that match. If that cannot be read, the one before it is loaded, with a
 * warning, as long as the journal is varve's too and has all events after it; otherwise the load fails.
 */
public final class VarveSnapshotStore extends SnapshotStore {
    private final Snapshots snapshots;
    private final RemainingEvents events;
    /** What could not be saved, while it is told to whoever wanted it. */
    private SnapshotMetadata failed;

    /** @param config the section of the plugin */
    public VarveSnapshotStore(Config config) {
        this.snapshots = Snapshots.of(context().system(), config);
        this.events = new RemainingEvents(context().system(), config);
    }

    @Override
    public Future<Optional<SelectedSnapshot>> doLoadAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
        return Stages.asScala(snapshots.load(persistenceId, criteria, events));
    }

    @Override
    public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object snapshot) {
        return Stages.asScala(snapshots.save(metadata, snapshot));
    }

    /**
     * After a save that failed Pekko deletes by its sequence number, whatever the time, for stores that leave half a snapshot. Here there
     * is nothing to delete but an older snapshot of the same sequence number, which must stay.
     */
    @Override
    public PartialFunction<Object, BoxedUnit> receivePluginInternal() {
        return new PFBuilder<Object, BoxedUnit>()
                .match(SaveSnapshotFailure.class, failure -> {
                    failed = failure.metadata();
                    return BoxedUnit.UNIT;
                })
                .build();
    }

    @Override
    public Future<Void> doDeleteAsync(SnapshotMetadata metadata) {
        if (metadata == failed) {
            failed = null;
            return Stages.asScala(CompletableFuture.completedFuture(null));
        }
        return Stages.asScala(snapshots.delete(metadata.persistenceId(), metadata.sequenceNr(), metadata.timestamp()));
    }

    @Override
    public Future<Void> doDeleteAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
        return Stages.asScala(snapshots.delete(persistenceId, criteria));
    }
}
