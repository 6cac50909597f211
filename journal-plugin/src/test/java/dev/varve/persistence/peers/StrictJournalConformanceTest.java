package dev.varve.persistence.peers;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.conformance.Capability;
import dev.varve.persistence.conformance.JournalConformance;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.nio.file.Path;

class StrictJournalConformanceTest extends JournalConformance {
    @Override
    protected PluginUnderTest describe(Path directory) {
        return PluginUnderTest.of(ConfigFactory.parseString(
                        """
                        pekko.persistence.journal.plugin = strict
                        strict.class = "%s"
                        """
                                .formatted(StrictJournal.class.getName())))
                .withEventLimit(StrictJournal.MAX_EVENT_BYTES, StrictJournal.MAX_EVENT_BYTES + 1)
                .without(Capability.SERIALIZES_EVENTS, Capability.SURVIVES_A_RESTART, Capability.SURVIVES_A_KILL);
    }
}
