package dev.varve.server.history;

import dev.varve.cluster.Verdict;
import dev.varve.log.machine.Machine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * After a cut TCP waits with its next attempt for about as long as the cut was. Nobody who replicates waits for that: after half a minute of a cut
 * in one direction everything is there again well before TCP would have tried.
 */
@Tag("privileged")
@Tag("soak")
class HalfCutTest {
    /** Its last attempt within the cut TCP makes after 25 s, the next one after 51. */
    private static final Duration CUT = Duration.ofSeconds(30);

    private static final Duration CATCH_UP = Duration.ofSeconds(12);

    @TempDir
    private Path directory;

    private ClusterOnTrial cluster;

    @BeforeEach
    void startCluster() throws IOException {
        Verdict.requireNoneBad();
        directory = directory.toRealPath();
        cluster = ClusterOnTrial.start(directory);
    }

    @AfterEach
    void stopCluster() throws IOException {
        cluster.close();
    }

    @Test
    void a_node_that_the_others_did_not_hear_has_everything_soon_after() throws Exception {
        Machine.skipUnless(cluster.hasNetwork(), "no cuts, for network namespaces are not allowed here");
        cluster.createTopic("half", 3);
        try (HistoryFile history = new HistoryFile(directory.resolve("history"))) {
            Load load = new Load(cluster, history, "half", 3, 1);
            load.start();
            for (int hops = 0; hops < 2; hops++) {
                int node = 1 + (cluster.leader(0).orElse(1) - 1 + hops) % ClusterOnTrial.NODES;
                cluster.cutOneWay(node);
                Thread.sleep(CUT.toMillis());
                cluster.joinPeers(node, false);
                long healed = System.nanoTime();
                cluster.mustCatchUp(CATCH_UP);
                System.out.printf(
                        "n%d, %s, had everything %d ms after the cut%n",
                        node, hops == 0 ? "which had led" : "a follower", (System.nanoTime() - healed) / 1_000_000);
            }
            load.endProducing();
            load.readToTheEnd();
        }
    }
}
