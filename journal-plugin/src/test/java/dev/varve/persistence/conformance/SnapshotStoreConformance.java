package dev.varve.persistence.conformance;

import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.persistence.SnapshotMetadata;

/**
 * What a snapshot store owes. To use it, extend it and describe the plugin: a configuration that names the store in
 * {@code pekko.persistence.snapshot-store.plugin}, and what of the optional capabilities it has. How a store meets files that
 * are damaged is its own affair, and for its own tests.
 */
public abstract class SnapshotStoreConformance extends Conformance
        implements SnapshotSelectionCases, SnapshotDeletionCases, SnapshotContentCases {

    private SnapshotProbe probe;
    private Object probedSystem;

    @Override
    public final SnapshotProbe snapshots() {
        if (probedSystem != kit().system()) {
            probe = new SnapshotProbe(kit());
            probedSystem = kit().system();
        }
        return probe;
    }

    @Override
    public final List<SnapshotMetadata> fiveSnapshots() {
        String id = newPersistenceId();
        List<SnapshotMetadata> saved = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            saved.add(snapshots().save(SnapshotMetadata.apply(id, 10L + i), "s-" + i));
            awaitNextMillisecond(saved.get(i - 1).timestamp());
        }
        return saved;
    }

    /** So that no two snapshots have the same time. */
    private static void awaitNextMillisecond(long timestamp) {
        while (System.currentTimeMillis() <= timestamp) {
            Thread.onSpinWait();
        }
    }
}
