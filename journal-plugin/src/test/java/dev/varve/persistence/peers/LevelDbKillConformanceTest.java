package dev.varve.persistence.peers;

import dev.varve.persistence.conformance.KillConformance;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.nio.file.Path;

class LevelDbKillConformanceTest extends KillConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return Peers.levelDbJournal(directory);
    }
}
