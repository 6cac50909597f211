package dev.varve.cluster.journal;

import dev.varve.persistence.conformance.PluginUnderTest;
import dev.varve.persistence.conformance.SnapshotStoreConformance;
import java.nio.file.Path;

class ReplicatedSnapshotStoreConformanceTest extends SnapshotStoreConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return ReplicatedPlugin.onOneNode(directory);
    }
}
