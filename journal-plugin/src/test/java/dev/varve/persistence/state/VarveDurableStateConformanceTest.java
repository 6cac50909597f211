package dev.varve.persistence.state;

import dev.varve.persistence.VarvePlugin;
import dev.varve.persistence.conformance.DurableStateConformance;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.nio.file.Path;

class VarveDurableStateConformanceTest extends DurableStateConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return VarvePlugin.in(directory);
    }
}
