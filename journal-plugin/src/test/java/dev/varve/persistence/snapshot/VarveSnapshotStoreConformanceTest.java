package dev.varve.persistence.snapshot;

import dev.varve.persistence.VarvePlugin;
import dev.varve.persistence.conformance.PluginUnderTest;
import dev.varve.persistence.conformance.SnapshotStoreConformance;
import java.nio.file.Path;

class VarveSnapshotStoreConformanceTest extends SnapshotStoreConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return VarvePlugin.in(directory);
    }
}
