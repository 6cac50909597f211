package dev.varve.persistence.peers;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.conformance.Capability;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.nio.file.Path;

/**
 * Pekko's own plugins, described to the suite: they show that it asks for no more than Pekko does. What they do not claim they
 * do not do; {@code -Dconformance.claimEverything=true} shows it.
 */
final class Peers {
    private Peers() {}

    /** {@code pekko.persistence.journal.inmem}. */
    static PluginUnderTest inMemoryJournal() {
        return PluginUnderTest.of(config("pekko.persistence.journal.plugin = pekko.persistence.journal.inmem"))
                .without(
                        Capability.SERIALIZES_EVENTS,
                        Capability.REJECTS_WHAT_CANNOT_BE_SERIALIZED,
                        Capability.REFUSES_A_SECOND_WRITER,
                        Capability.NAMES_BOTH_WRITERS,
                        Capability.ACKNOWLEDGES_THE_SAME_WRITE_AGAIN,
                        Capability.SURVIVES_A_RESTART,
                        Capability.SURVIVES_A_KILL);
    }

    /** {@code pekko.persistence.journal.leveldb}, deprecated, which keeps what it is told. */
    static PluginUnderTest levelDbJournal(Path directory) {
        return PluginUnderTest.of(config(
                        """
                pekko.persistence.journal {
                  plugin = pekko.persistence.journal.leveldb
                  leveldb {
                    dir = "%s"
                    native = off
                    fsync = off
                  }
                }
                """
                                .formatted(directory.resolve("journal"))))
                .without(
                        Capability.STORES_SEVERAL_EVENTS_AT_ONCE_OR_NONE,
                        Capability.REFUSES_A_SECOND_WRITER,
                        Capability.NAMES_BOTH_WRITERS,
                        Capability.ACKNOWLEDGES_THE_SAME_WRITE_AGAIN);
    }

    private static Config config(String text) {
        return ConfigFactory.parseString(text);
    }
}
