package dev.varve.persistence;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.nio.file.Path;

/** Varve's plugins, described to the suite: they promise everything. */
public final class VarvePlugin {
    private static final int MAX_BATCH_BYTES = 256 << 10;

    /** What is stored besides an event takes less than this. */
    private static final int LARGEST_ENVELOPE_BYTES = 1 << 10;

    private VarvePlugin() {}

    public static PluginUnderTest in(Path directory) {
        return PluginUnderTest.of(ConfigFactory.parseString(
                        """
                pekko.persistence.journal.plugin = "varve.journal"
                pekko.persistence.snapshot-store.plugin = "varve.snapshot-store"
                pekko.persistence.state.plugin = "varve.state"
                varve.directory = "%s"
                varve.journal.max-batch-bytes = %d
                """
                                .formatted(directory, MAX_BATCH_BYTES)))
                .withQueryPlugin("varve.query")
                .withEventLimit(MAX_BATCH_BYTES - LARGEST_ENVELOPE_BYTES, MAX_BATCH_BYTES);
    }
}
