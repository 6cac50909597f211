package dev.varve.persistence.peers;

import dev.varve.persistence.conformance.JournalConformance;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.nio.file.Path;

class TestKitJournalConformanceTest extends JournalConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return Peers.testKit();
    }
}
