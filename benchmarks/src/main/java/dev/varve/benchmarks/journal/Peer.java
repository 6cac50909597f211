package dev.varve.benchmarks.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.Optional;

/** A journal that is measured. All of them acknowledge what is on the disk, except the one that has none. */
enum Peer {
    VARVE(
            """
            pekko.persistence.journal.plugin = "varve.journal"
            varve.directory = "%s"
            """,
            "varve.query"),
    LEVELDB(
            """
            pekko.persistence.journal {
              plugin = pekko.persistence.journal.leveldb
              leveldb { dir = "%s", native = on, fsync = on }
            }
            """,
            "pekko.persistence.query.journal.leveldb"),
    IN_MEMORY("pekko.persistence.journal.plugin = pekko.persistence.journal.inmem", null);

    private final String config;
    private final String queryPluginId;

    Peer(String config, String queryPluginId) {
        this.config = config;
        this.queryPluginId = queryPluginId;
    }

    Config config(Path directory) {
        return ConfigFactory.parseString(config.formatted(directory)).withFallback(ConfigFactory.load());
    }

    /** Where its read journal is, if it has one. */
    Optional<String> queryPluginId() {
        return Optional.ofNullable(queryPluginId);
    }

    /** How it is called in the table. */
    String words() {
        return switch (this) {
            case VARVE -> "Varve";
            case LEVELDB -> "LevelDB, fsync";
            case IN_MEMORY -> "in memory";
        };
    }

    /** Whether it remembers what it was told when the actor system ends. */
    boolean survives() {
        return this != IN_MEMORY;
    }
}
