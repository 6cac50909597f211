package dev.varve.persistence.query;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.VarvePlugin;
import dev.varve.persistence.conformance.PluginUnderTest;
import dev.varve.persistence.conformance.ReadJournalConformance;
import java.nio.file.Path;

/** The same over several partitions, in steps so small that every query takes many. */
class FourPartitionsReadJournalConformanceTest extends ReadJournalConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return PluginUnderTest.of(ConfigFactory.parseString(
                                """
                varve.journal.partitions = 4
                varve.query.step-bytes = 300
                """)
                        .withFallback(VarvePlugin.in(directory).config()))
                .withQueryPlugin(VarveReadJournal.IDENTIFIER);
    }
}
