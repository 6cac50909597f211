package dev.varve.cluster.journal;

import dev.varve.persistence.conformance.JournalConformance;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.nio.file.Path;

class ReplicatedJournalConformanceTest extends JournalConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return ReplicatedPlugin.onOneNode(directory);
    }
}
