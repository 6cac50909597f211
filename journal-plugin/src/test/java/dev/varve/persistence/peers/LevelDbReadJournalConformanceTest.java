package dev.varve.persistence.peers;

import dev.varve.persistence.conformance.PluginUnderTest;
import dev.varve.persistence.conformance.ReadJournalConformance;
import java.nio.file.Path;

class LevelDbReadJournalConformanceTest extends ReadJournalConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return Peers.levelDbJournal(directory);
    }
}
