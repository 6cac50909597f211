package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes with sharded entities, each in a process of its own. The first one leads the group of the partition, has its entity and has the
 * coordinator; that one is stopped, or killed.
 */
class ShardedProcessesTest {
    private static final String PARTITION = "orders 0";

    @TempDir
    Path directory;

    private final Map<String, NodeProcess> nodes = new TreeMap<>();

    /** What was asked, by the value that was to be appended, and what became of it. */
    private final Map<String, CompletableFuture<String>> appends = new LinkedHashMap<>();

    private final List<String> history = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        assertThat(Placement.group("orders", 0, 2))
                .as("the group that n1 leads")
                .isZero();
        List<String> free = Ports.free(6);
        Map<String, String> addresses = new TreeMap<>();
        for (int i = 0; i < 3; i++) {
            addresses.put("n" + (i + 1), free.get(i));
        }
        String seed = port(free.get(3));
        List<CompletableFuture<Void>> starting = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            String id = "n" + (i + 1);
            List<String> flags = List.of("-Dvarve.test.port=" + port(free.get(3 + i)), "-Dvarve.test.seed=" + seed);
            starting.add(CompletableFuture.runAsync(() -> startNode(id, addresses, flags)));
        }
        CompletableFuture.allOf(starting.toArray(CompletableFuture[]::new)).join();
        // Three JVMs that start at once may need longer than a request may take.
        Eventually.holds(() -> nodes.get("n1").askAndWait("ready").equals("ready"), "n1 is ready");
        Eventually.holds(() -> isCreated(nodes.get("n1").askAndWait("create orders 1")), "there is a topic");
        nodes.forEach(
                (id, node) -> Eventually.holds(() -> node.askAndWait("up").equals("3"), id + " sees three members"));
    }

    private static boolean isCreated(String answer) {
        return answer.equals("created") || answer.contains("there is a topic 'orders' already");
    }

    private static String port(String address) {
        return address.substring(address.indexOf(':') + 1);
    }

    private void startNode(String id, Map<String, String> addresses, List<String> flags) {
        try {
            NodeProcess node = NodeProcess.start(ShardedNodeMain.class, directory, id, addresses, flags);
            synchronized (nodes) {
                nodes.put(id, node);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void stop() throws IOException {
        for (NodeProcess node : nodes.values()) {
            node.close();
        }
    }

    private CompletableFuture<String> append(String id) {
        String value = "v" + appends.size();
        CompletableFuture<String> answer = nodes.get(id).ask("append " + PARTITION + " " + value);
        appends.put(value, answer);
        answer.thenAccept(said -> {
            synchronized (history) {
                history.add(value + " through " + id + ": " + said);
            }
        });
        return answer;
    }

    private static String await(CompletableFuture<String> answer) {
        return answer.orTimeout(60, TimeUnit.SECONDS).join();
    }

    private boolean isAppended(String id) {
        return await(append(id)).startsWith("appended");
    }

    /** Appends through each of the nodes until each of them has an answer that it was done. */
    private void appendThrough(String... ids) {
        for (String id : ids) {
            Eventually.holds(() -> isAppended(id), "an append through " + id);
        }
    }

    /** The first node has what it is to lose. */
    private void leadsAndOwns() {
        Eventually.holds(
                () -> nodes.get("n2").askAndWait("leader " + PARTITION).equals("n1"), "n1 leads, as it is preferred");
        Eventually.holds(() -> nodes.get("n1").askAndWait("shards").contains("0"), "the shard is at n1");
    }

    private void explained(Runnable test) {
        try {
            test.run();
        } catch (AssertionError | RuntimeException e) {
            StringBuilder errors = new StringBuilder();
            nodes.forEach((id, node) -> errors.append(id).append(" says: ").append(node.errors()));
            synchronized (history) {
                throw new AssertionError(String.join("\n", history) + "\n" + errors, e);
            }
        }
    }

    private void everythingIsThereOnce() {
        Map<String, String> told = new LinkedHashMap<>();
        appends.forEach((value, answer) -> told.put(value, await(answer)));
        Set<String> read = new HashSet<>();
        nodes.forEach((id, node) -> {
            Eventually.holds(() -> node.askAndWait("ready").equals("ready"), id + " is ready");
            String records = node.askAndWait("read " + PARTITION);
            ClusterKillTest.check(id, records, told);
            read.add(records);
        });
        assertThat(read).as("all nodes hold the same").hasSize(1);
    }

    @Test
    void an_owner_that_is_stopped_while_appends_queue_on_it_neither_loses_nor_doubles_one() {
        explained(() -> {
            appendThrough("n1", "n2", "n3");
            leadsAndOwns();
            List<CompletableFuture<String>> queued = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                queued.add(append("n" + (1 + i % 3)));
            }
            CompletableFuture.anyOf(queued.toArray(CompletableFuture[]::new)).join();
            nodes.get("n1").signal("STOP");
            assertThat(queued.stream().filter(answer -> !answer.isDone()))
                    .as("some wait for the one that is stopped")
                    .isNotEmpty();
            // These go to it still.
            for (int i = 0; i < 20; i++) {
                append("n2");
            }
            appendThrough("n2", "n3");
            assertThat(nodes.get("n2").askAndWait("leader " + PARTITION)).isNotEqualTo("n1");
            for (int i = 0; i < 20; i++) {
                appendThrough("n3");
            }
            nodes.get("n1").signal("CONT");
            for (int i = 0; i < 20; i++) {
                appendThrough("n2");
            }
            everythingIsThereOnce();
        });
    }

    @Test
    void entities_go_on_when_the_node_is_killed_that_has_leader_and_coordinator() {
        explained(() -> {
            appendThrough("n1", "n2", "n3");
            leadsAndOwns();
            for (int i = 0; i < 30; i++) {
                append("n2");
            }
            nodes.remove("n1").kill();
            appendThrough("n2", "n3");
            for (int i = 0; i < 20; i++) {
                appendThrough("n2");
            }
            everythingIsThereOnce();
        });
    }
}
