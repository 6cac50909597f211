package dev.varve.persistence.journal;

import dev.varve.persistence.VarvePlugin;
import dev.varve.persistence.conformance.KillConformance;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.nio.file.Path;

class VarveKillConformanceTest extends KillConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return VarvePlugin.in(directory);
    }
}
