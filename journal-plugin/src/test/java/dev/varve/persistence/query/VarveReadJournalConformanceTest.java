package dev.varve.persistence.query;

import dev.varve.persistence.VarvePlugin;
import dev.varve.persistence.conformance.PluginUnderTest;
import dev.varve.persistence.conformance.ReadJournalConformance;
import java.nio.file.Path;

class VarveReadJournalConformanceTest extends ReadJournalConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return VarvePlugin.in(directory);
    }
}
