package dev.varve.persistence.peers;

import dev.varve.persistence.conformance.PluginUnderTest;
import dev.varve.persistence.conformance.TypedConformance;
import java.nio.file.Path;

class LevelDbTypedConformanceTest extends TypedConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return Peers.levelDbJournal(directory);
    }
}
