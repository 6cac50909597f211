package dev.varve.cluster.journal;

import com.typesafe.config.ConfigFactory;
import dev.varve.cluster.ClusterNode;
import dev.varve.cluster.Ports;
import dev.varve.persistence.conformance.JournalConformance;
import dev.varve.persistence.conformance.PluginUnderTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;

/**
 * The journal over three nodes; the application is on the one that leads none of the groups with partitions, and is started anew with it where
 * the suite says so.
 */
class ThreeNodesJournalConformanceTest extends JournalConformance {
    private static final List<ClusterNode> OTHERS = new ArrayList<>();
    private static ActorSystem<Void> system;

    @Override
    protected PluginUnderTest describe(Path directory) {
        List<String> free = Ports.free(3);
        Map<String, String> nodes = new TreeMap<>();
        for (int i = 0; i < 3; i++) {
            nodes.put("n" + (i + 1), free.get(i));
        }
        system = ActorSystem.create(Behaviors.empty(), "others", ConfigFactory.load());
        try {
            for (String id : List.of("n1", "n2")) {
                OTHERS.add(ClusterNode.start(system, NodeOfSystem.settings(directory.resolve(id), id, nodes)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ReplicatedPlugin.on(directory.resolve("n3"), "n3", nodes);
    }

    @AfterAll
    static void stopTheOthers() throws IOException {
        for (ClusterNode node : OTHERS) {
            node.close();
        }
        OTHERS.clear();
        system.terminate();
    }
}
