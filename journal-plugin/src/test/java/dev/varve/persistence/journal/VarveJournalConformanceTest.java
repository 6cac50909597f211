package dev.varve.persistence.journal;

import dev.varve.persistence.VarvePlugin;
import dev.varve.persistence.conformance.JournalConformance;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.nio.file.Path;

class VarveJournalConformanceTest extends JournalConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return VarvePlugin.in(directory);
    }
}
