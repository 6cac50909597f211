package dev.varve.cluster.journal;

import dev.varve.persistence.conformance.PluginUnderTest;
import dev.varve.persistence.conformance.TypedConformance;
import java.nio.file.Path;

class ReplicatedTypedConformanceTest extends TypedConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return ReplicatedPlugin.onOneNode(directory);
    }
}
