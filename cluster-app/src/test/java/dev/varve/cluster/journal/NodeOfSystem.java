package dev.varve.cluster.journal;

import com.typesafe.config.Config;
import dev.varve.cluster.ClusterNode;
import dev.varve.cluster.ClusterNodes;
import dev.varve.cluster.ClusterSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;

/**
 * Starts a node with each actor system whose configuration says so ({@link #CONFIG}), attaches it, and closes it when the system ends: what an
 * application does in its main program.
 */
public final class NodeOfSystem extends ExtensionId<NodeOfSystem.Running> {
    /** To be completed with {@code test.node.directory} and {@code test.node.nodes}, and {@code test.node.id} for one of several. */
    static final String CONFIG =
            "pekko.actor.typed.extensions = [\"dev.varve.cluster.journal.NodeOfSystem\"]\ntest.node.id = \"\"\n";

    private static final NodeOfSystem INSTANCE = new NodeOfSystem();

    /** The node. */
    public record Running(ClusterNode node) implements Extension {}

    private NodeOfSystem() {}

    /** For Pekko. */
    public static NodeOfSystem getInstance() {
        return INSTANCE;
    }

    @Override
    public Running createExtension(ActorSystem<?> system) {
        Config config = system.settings().config().getConfig("test.node");
        Path directory = Path.of(config.getString("directory"));
        Map<String, String> nodes = new TreeMap<>();
        config.getObject("nodes")
                .forEach((id, address) -> nodes.put(id, address.unwrapped().toString()));
        try {
            ClusterNode node = ClusterNode.start(system, settings(directory, config.getString("id"), nodes));
            ClusterNodes.attach(system, node);
            CoordinatedShutdown.get(system)
                    .addTask(
                            CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
                            "close-node",
                            () -> CompletableFuture.supplyAsync(() -> close(node)));
            return new Running(node);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ClusterSettings settings(Path directory, String id, Map<String, String> nodes) {
        ClusterSettings settings = id.isEmpty()
                ? ClusterSettings.single(directory, nodes.values().iterator().next())
                : ClusterSettings.of(directory, id, nodes);
        return settings.withGroups(2).withSnapshotEntries(50).withRequestTimeout(Duration.ofSeconds(8));
    }

    private static Done close(ClusterNode node) {
        try {
            node.close();
            return Done.getInstance();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
