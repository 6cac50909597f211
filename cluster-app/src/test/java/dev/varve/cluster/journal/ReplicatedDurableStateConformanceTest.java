package dev.varve.cluster.journal;

import dev.varve.persistence.conformance.DurableStateConformance;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.nio.file.Path;

class ReplicatedDurableStateConformanceTest extends DurableStateConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return ReplicatedPlugin.onOneNode(directory);
    }
}
