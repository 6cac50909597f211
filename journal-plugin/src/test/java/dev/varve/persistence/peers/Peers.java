package dev.varve.persistence.peers;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.conformance.Capability;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.nio.file.Path;
import org.apache.pekko.persistence.testkit.PersistenceTestKitDurableStateStorePlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;

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

    /** The same with {@code pekko.persistence.snapshot-store.local}; there is no read journal for it. */
    static PluginUnderTest inMemoryJournalWithLocalSnapshots(Path directory) {
        PluginUnderTest journal = inMemoryJournal();
        return journal.withConfig(journal.config()
                        .withFallback(localSnapshotStore(directory).config()))
                .without(Capability.QUERIES_CURRENT_EVENTS_BY_TAG, Capability.QUERIES_LIVE_EVENTS_BY_PERSISTENCE_ID);
    }

    /**
     * {@code pekko.persistence.journal.leveldb}, deprecated, which keeps what it is told, and
     * {@code pekko.persistence.snapshot-store.local}.
     */
    static PluginUnderTest levelDbJournal(Path directory) {
        Config journal = config(
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
                        .formatted(directory.resolve("journal")));
        return PluginUnderTest.of(
                        journal.withFallback(localSnapshotStore(directory).config()))
                .withQueryPlugin("pekko.persistence.query.journal.leveldb")
                .without(
                        Capability.KEEPS_METADATA_OF_SNAPSHOTS,
                        Capability.PAGES_PERSISTENCE_IDS,
                        Capability.QUERIES_CURRENT_EVENTS_BY_SLICE,
                        Capability.QUERIES_LIVE_EVENTS_BY_SLICE,
                        Capability.QUERIES_THE_LAST_SEQUENCE_NUMBER,
                        Capability.QUERIES_TIMES_OF_EVENTS,
                        Capability.LOADS_SINGLE_EVENTS,
                        Capability.QUERIES_EVENTS_WITH_METADATA,
                        Capability.REJECTS_A_WRITE_OF_SEVERAL_EVENTS_WHOLE,
                        Capability.REFUSES_A_SECOND_WRITER,
                        Capability.NAMES_BOTH_WRITERS,
                        Capability.ACKNOWLEDGES_THE_SAME_WRITE_AGAIN);
    }

    /** {@code pekko.persistence.testkit.journal} and its companions. */
    static PluginUnderTest testKit() {
        return PluginUnderTest.of(PersistenceTestKitPlugin.config()
                        .withFallback(PersistenceTestKitSnapshotPlugin.config())
                        .withFallback(PersistenceTestKitDurableStateStorePlugin.config()))
                .withQueryPlugin("pekko.persistence.testkit.query")
                .without(
                        Capability.REJECTS_WHAT_CANNOT_BE_SERIALIZED,
                        Capability.KEEPS_TIMES_OF_EVENTS,
                        Capability.REFUSES_A_SECOND_WRITER,
                        Capability.NAMES_BOTH_WRITERS,
                        Capability.ACKNOWLEDGES_THE_SAME_WRITE_AGAIN,
                        Capability.SURVIVES_A_RESTART,
                        Capability.SURVIVES_A_KILL,
                        Capability.SERIALIZES_STATE,
                        Capability.CHECKS_THE_REVISION_OF_AN_UPDATE,
                        Capability.CHECKS_THE_REVISION_OF_A_DELETION,
                        Capability.DELETES_STATE_WITHOUT_A_REVISION,
                        // It attaches to its broadcast hub when it is through with what was stored, and misses what
                        // comes meanwhile.
                        Capability.TELLS_LIVE_CHANGES_WITHOUT_A_GAP,
                        Capability.ENDS_CURRENT_CHANGES_ALWAYS);
    }

    /**
     * The same with its queries. They need the times of events, which it forgets where it serializes them, and which run ahead
     * of the clock.
     */
    static PluginUnderTest testKitQueries() {
        PluginUnderTest plugin = testKit();
        return PluginUnderTest.of(config("pekko.persistence.testkit.events.serialize = off")
                        .withFallback(plugin.config()))
                .withQueryPlugin("pekko.persistence.testkit.query")
                .without(
                        Capability.SURVIVES_A_RESTART,
                        Capability.QUERIES_CURRENT_PERSISTENCE_IDS,
                        Capability.QUERIES_LIVE_PERSISTENCE_IDS,
                        Capability.PAGES_PERSISTENCE_IDS,
                        Capability.QUERIES_ACROSS_A_DELETED_PREFIX,
                        Capability.RESUMES_BY_TAG_FROM_EVERY_OFFSET,
                        Capability.RESUMES_BY_SLICE_FROM_EVERY_OFFSET,
                        Capability.QUERIES_BARE_EVENTS_BY_SLICE,
                        Capability.QUERIES_THE_LAST_SEQUENCE_NUMBER,
                        Capability.QUERIES_TIMES_OF_EVENTS,
                        Capability.QUERIES_EVENTS_WITH_TIMES,
                        Capability.LOADS_SINGLE_EVENTS);
    }

    /** {@code pekko.persistence.snapshot-store.local}. */
    static PluginUnderTest localSnapshotStore(Path directory) {
        return PluginUnderTest.of(config(
                        """
                pekko.persistence.snapshot-store {
                  plugin = pekko.persistence.snapshot-store.local
                  local.dir = "%s"
                }
                """
                                .formatted(directory.resolve("snapshots"))))
                .without(Capability.KEEPS_METADATA_OF_SNAPSHOTS);
    }

    private static Config config(String text) {
        return ConfigFactory.parseString(text);
    }
}
