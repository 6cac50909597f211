package dev.varve.persistence.peers;

import dev.varve.persistence.conformance.DurableStateConformance;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.nio.file.Path;

class TestKitDurableStateConformanceTest extends DurableStateConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return Peers.testKit();
    }
}
