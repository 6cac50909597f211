package dev.varve.cluster.journal;

import dev.varve.persistence.conformance.PluginUnderTest;
import dev.varve.persistence.conformance.ReadJournalConformance;
import java.nio.file.Path;

class ReplicatedReadJournalConformanceTest extends ReadJournalConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return ReplicatedPlugin.onOneNode(directory);
    }
}
