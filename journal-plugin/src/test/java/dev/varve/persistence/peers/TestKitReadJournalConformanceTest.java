package dev.varve.persistence.peers;

import dev.varve.persistence.conformance.PluginUnderTest;
import dev.varve.persistence.conformance.ReadJournalConformance;
import java.nio.file.Path;

class TestKitReadJournalConformanceTest extends ReadJournalConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return Peers.testKitQueries();
    }
}
