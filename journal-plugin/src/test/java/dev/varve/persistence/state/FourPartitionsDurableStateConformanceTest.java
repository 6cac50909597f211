package dev.varve.persistence.state;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.VarvePlugin;
import dev.varve.persistence.conformance.DurableStateConformance;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.nio.file.Path;

class FourPartitionsDurableStateConformanceTest extends DurableStateConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        PluginUnderTest plugin = VarvePlugin.in(directory);
        return new PluginUnderTest(
                ConfigFactory.parseString("varve.state.partitions = 4").withFallback(plugin.config()),
                plugin.queryPluginId(),
                plugin.capabilities(),
                plugin.maxEventBytes(),
                plugin.tooLargeEventBytes());
    }
}
