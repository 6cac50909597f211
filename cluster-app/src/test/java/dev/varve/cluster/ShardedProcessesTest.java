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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes with sharded entities, each in a process of its own. The first one leads the group of the partition, has its entity and has the
 * coordinator; that one is stopped, or killed.
 */
class ShardedProcessesTest {
    /** As many as there are nodes: the first group is led by the first node, and so on. */
    private static final int GROUPS = ShardedNodeMain.GROUPS;

    private static final List<String> IDS = List.of("n1", "n2", "n3");

    @TempDir
    Path directory;

    private final Map<String, NodeProcess> nodes = new TreeMap<>();
    private final Map<String, String> addresses = new TreeMap<>();
    private final Map<String, String> ports = new TreeMap<>();

    /** The partition that is asked: of the group that the node leads which is to be stopped or killed. */
    private int partition = partitionLedBy("n1");

    private int values;

    /** What was asked of each partition, by the value that was to be appended, and what became of it. */
    private final Map<Integer, Map<String, CompletableFuture<String>>> appends = new TreeMap<>();

    private final List<String> history = new ArrayList<>();

    private static int partitionLedBy(String id) {
        int partition = 0;
        while (Placement.group("orders", partition, GROUPS) != IDS.indexOf(id)) {
            partition++;
        }
        return partition;
    }

    @BeforeEach
    void start() throws IOException {
        List<String> free = Ports.free(6);
        List<CompletableFuture<Void>> starting = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            addresses.put("n" + (i + 1), free.get(i));
            ports.put("n" + (i + 1), port(free.get(3 + i)));
        }
        for (String id : addresses.keySet()) {
            starting.add(CompletableFuture.runAsync(() -> startNode(id, "n1")));
        }
        CompletableFuture.allOf(starting.toArray(CompletableFuture[]::new)).join();
        // Three JVMs that start at once may need longer than a request may take.
        Eventually.holds(() -> nodes.get("n1").askAndWait("ready").equals("ready"), "n1 is ready");
        Eventually.holds(() -> isCreated(nodes.get("n1").askAndWait("create orders 3")), "there is a topic");
        nodes.forEach(
                (id, node) -> Eventually.holds(() -> node.askAndWait("up").equals("3"), id + " sees three members"));
    }

    private static boolean isCreated(String answer) {
        return answer.equals("created") || answer.contains("there is a topic 'orders' already");
    }

    private static String port(String address) {
        return address.substring(address.indexOf(':') + 1);
    }

    /** Starts a node whose member joins that of another one. */
    private void startNode(String id, String seed) {
        List<String> flags = List.of("-Dvarve.test.port=" + ports.get(id), "-Dvarve.test.seed=" + ports.get(seed));
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
        String value = "v" + values++;
        CompletableFuture<String> answer = nodes.get(id).ask("append orders " + partition + " " + value);
        appends.computeIfAbsent(partition, any -> new LinkedHashMap<>()).put(value, answer);
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

    private String leader(String asked) {
        return nodes.get(asked).askAndWait("leader orders " + partition);
    }

    /** The node has what it is to lose. */
    private void leadsAndOwns(String id) {
        Eventually.holds(() -> leader(id).equals(id), id + " leads, as it is preferred");
        String shard = Integer.toString(IDS.indexOf(id));
        Eventually.holds(() -> nodes.get(id).askAndWait("shards").contains(shard), "its shard is at " + id);
        assertThat(nodes.get(id).askAndWait("oldest"))
                .as("who has the coordinator")
                .isEqualTo(id);
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
        nodes.forEach(
                (id, node) -> Eventually.holds(() -> node.askAndWait("ready").equals("ready"), id + " is ready"));
        appends.forEach((asked, answers) -> {
            Map<String, String> told = new LinkedHashMap<>();
            answers.forEach((value, answer) -> told.put(value, await(answer)));
            Set<String> read = new HashSet<>();
            nodes.forEach((id, node) -> {
                String records = node.askAndWait("read orders " + asked);
                ClusterKillTest.check(id, records, told);
                read.add(records);
            });
            assertThat(read).as("all nodes hold the same").hasSize(1);
        });
    }

    @Test
    void an_owner_that_is_stopped_while_appends_queue_on_it_neither_loses_nor_doubles_one() {
        explained(() -> {
            appendThrough("n1", "n2", "n3");
            leadsAndOwns("n1");
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
            assertThat(leader("n2")).isNotEqualTo("n1");
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
            leadsAndOwns("n1");
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

    /** Twenty times, or as often as {@code varve.test.kills} says: the oldest member has the coordinator, and leads a group of its own. */
    @Tag("soak")
    @Test
    void entities_go_on_within_fifteen_seconds_whenever_leader_and_coordinator_die() {
        explained(() -> {
            List<Long> millis = new ArrayList<>();
            for (int kill = 0; kill < Integer.getInteger("varve.test.kills", 20); kill++) {
                String oldest = nodes.get("n1").askAndWait("oldest");
                String asked = oldest.equals("n1") ? "n2" : "n1";
                partition = partitionLedBy(oldest);
                appendThrough(oldest, asked);
                leadsAndOwns(oldest);
                NodeProcess victim = nodes.remove(oldest);
                long start = System.nanoTime();
                victim.kill();
                Eventually.holds(() -> isAppended(asked), "an append through " + asked);
                millis.add((System.nanoTime() - start) / 1_000_000);
                System.out.println(oldest + " killed, and an entity answers after " + millis.get(kill) + " ms");
                startNode(oldest, asked);
                nodes.forEach((id, node) ->
                        Eventually.holds(() -> node.askAndWait("up").equals("3"), id + " sees three members"));
                Eventually.holds(
                        () -> nodes.get(oldest).askAndWait("ready").equals("ready"), oldest + " is ready again");
            }
            System.out.println("From the death to the first answer of the entity, in ms: "
                    + millis.stream().sorted().toList());
            everythingIsThereOnce();
            assertThat(millis).allMatch(each -> each < 15_000);
        });
    }
}
