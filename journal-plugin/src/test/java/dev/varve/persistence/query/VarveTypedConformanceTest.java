package dev.varve.persistence.query;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.VarvePlugin;
import dev.varve.persistence.conformance.Capability;
import dev.varve.persistence.conformance.PluginUnderTest;
import dev.varve.persistence.conformance.TypedConformance;
import java.nio.file.Path;

/**
 * Typed behaviors on the journal; Replicated Event Sourcing reads the events of the other replica by the read journal for Scala. Snapshots
 * are Pekko's, in local files.
 */
class VarveTypedConformanceTest extends TypedConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        PluginUnderTest varve = VarvePlugin.in(directory);
        return PluginUnderTest.of(ConfigFactory.parseString(
                                """
                pekko.persistence.snapshot-store {
                  plugin = "pekko.persistence.snapshot-store.local"
                  local.dir = "%s"
                }
                """
                                        .formatted(directory.resolve("local-snapshots")))
                        .withFallback(varve.config()))
                .withQueryPlugin(VarveReadJournal.IDENTIFIER)
                .without(Capability.KEEPS_METADATA_OF_SNAPSHOTS);
    }
}
