package dev.varve.persistence;

import dev.varve.persistence.conformance.PluginUnderTest;
import dev.varve.persistence.conformance.TypedConformance;
import java.nio.file.Path;

class VarveTypedConformanceTest extends TypedConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return VarvePlugin.in(directory);
    }
}
