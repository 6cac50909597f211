package dev.varve.cluster.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.cluster.Ports;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.nio.file.Path;
import java.util.Map;

/** Varve's plugins on replicated partitions, described to the suite: they promise everything. */
final class ReplicatedPlugin {
    private static final int MAX_BATCH_BYTES = 256 << 10;

    /** What is stored besides an event takes less than this. */
    private static final int LARGEST_ENVELOPE_BYTES = 1 << 10;

    private ReplicatedPlugin() {}

    static final Config STORES = ConfigFactory.parseString(
            """
            pekko.persistence.journal.plugin = "varve.journal"
            pekko.persistence.snapshot-store.plugin = "varve.snapshot-store"
            pekko.persistence.state.plugin = "varve.state"
            varve.journal.backend = cluster
            """);

    /** On a node that is a cluster alone. */
    static PluginUnderTest onOneNode(Path directory) {
        return on(directory, "", Map.of("self", Ports.free(1).get(0)));
    }

    /** On one of several nodes. */
    static PluginUnderTest on(Path directory, String id, Map<String, String> nodes) {
        Config node = ConfigFactory.parseMap(
                Map.of("test.node.directory", directory.toString(), "test.node.id", id, "test.node.nodes", nodes));
        return PluginUnderTest.of(node.withFallback(STORES)
                        .withFallback(ConfigFactory.parseString("varve.journal.max-batch-bytes = " + MAX_BATCH_BYTES))
                        .withFallback(ConfigFactory.parseString(NodeOfSystem.CONFIG)))
                .withQueryPlugin("varve.query")
                .withEventLimit(MAX_BATCH_BYTES - LARGEST_ENVELOPE_BYTES, MAX_BATCH_BYTES);
    }
}
