package dev.varve.persistence.peers;

import dev.varve.persistence.conformance.PluginUnderTest;
import dev.varve.persistence.conformance.SnapshotStoreConformance;
import java.nio.file.Path;

class TestKitSnapshotStoreConformanceTest extends SnapshotStoreConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return Peers.testKit();
    }
}
