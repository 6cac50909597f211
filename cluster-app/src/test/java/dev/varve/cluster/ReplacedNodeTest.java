package dev.varve.cluster;

import static dev.varve.cluster.Asking.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that lost its disk comes back under another id, in the place of the one that it was. */
class ReplacedNodeTest {
    private static ActorSystem<Void> actorSystem;

    @BeforeAll
    static void startSystem() {
        actorSystem = ActorSystem.create(Behaviors.empty(), "replaced");
    }

    private static final long PATIENCE_NANOS = Duration.ofSeconds(40).toNanos();

    @TempDir
    Path root;

    private final Asking asking = new Asking(actorSystem);
    private final Map<String, NodeDirectory> directories = new TreeMap<>();
    private final Map<String, Member> members = new LinkedHashMap<>();
    private final Map<String, ClusterNode> nodes = new LinkedHashMap<>();

    @BeforeEach
    void start() throws IOException {
        for (String name : List.of("a", "b", "c")) {
            NodeDirectory directory = open(name);
            members.put(name, Member.founder(directory.nodeId(), Ports.free(1).get(0), "", ""));
        }
        Charter charter = Charter.found(UUID.randomUUID(), 2, List.copyOf(members.values()));
        for (String name : members.keySet()) {
            assertThat(directories.get(name).found(charter)).isTrue();
            startNode(name);
        }
        for (ClusterNode node : nodes.values()) {
            await(node.ready());
        }
        await(nodes.get("a").topics().create(TopicSpec.of("t", 4)));
        // The leader puts that there in its time.
        eventually("which nodes there are is in the log", () -> nodes.values().stream()
                .allMatch(node -> node.groups().topics().state().charter().isPresent()));
    }

    private NodeDirectory open(String name) throws IOException {
        NodeDirectory directory = NodeDirectory.open(root.resolve(name));
        directories.put(name, directory);
        return directory;
    }

    private void startNode(String name) throws IOException {
        NodeDirectory directory = directories.get(name);
        ClusterSettings settings = ClusterSettings.of(
                        root.resolve(name),
                        directory.nodeId(),
                        Map.of(directory.nodeId(), members.get(name).raft()))
                .withGroups(2)
                .withRequestTimeout(Duration.ofSeconds(20));
        nodes.put(name, ClusterNode.start(actorSystem, settings, directory));
    }

    private void stop(String name) throws IOException {
        nodes.remove(name).close();
        directories.remove(name).close();
    }

    @AfterEach
    void stopAll() throws IOException {
        for (String name : List.copyOf(nodes.keySet())) {
            stop(name);
        }
        for (NodeDirectory directory : directories.values()) {
            directory.close();
        }
    }

    @AfterAll
    static void shutDown() {
        actorSystem.terminate();
    }

    private RecipientRef<Command> partition(String node, int partition) {
        return nodes.get(node).topics().partition("t", partition);
    }

    private List<List<String>> append(String through, int rounds, List<List<String>> before) {
        List<List<String>> expected = new ArrayList<>();
        for (int partition = 0; partition < 4; partition++) {
            List<String> values = before.isEmpty() ? new ArrayList<>() : new ArrayList<>(before.get(partition));
            for (int i = 0; i < rounds; i++) {
                String value = through + "-" + values.size();
                assertThat(await(asking.append(partition(through, partition), value)))
                        .isEqualTo(new Appended(values.size(), values.size()));
                values.add(value);
            }
            expected.add(values);
        }
        return expected;
    }

    private List<List<String>> read(String node) {
        List<List<String>> all = new ArrayList<>();
        for (int partition = 0; partition < 4; partition++) {
            await(asking.ask(partition(node, partition), PartitionActor.Flush::new));
            all.add(asking.texts(partition(node, partition)));
        }
        return all;
    }

    private static void eventually(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not in time: " + what);
            }
            Thread.onSpinWait();
        }
    }

    private String topicsLeader() {
        eventually("somebody can tell who is silent", () -> nodes.values().stream()
                .anyMatch(node -> node.isSilent(node.nodeId()).isPresent()));
        return nodes.keySet().stream()
                .filter(name ->
                        nodes.get(name).isSilent(nodes.get(name).nodeId()).isPresent())
                .findFirst()
                .orElseThrow();
    }

    private void wipe(String name) throws IOException {
        try (Stream<Path> files = Files.walk(root.resolve(name))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** A node at the address of the one that lost its disk takes its place. */
    private String comesBack(String name) throws IOException {
        String old = members.get(name).id();
        NodeDirectory directory = open(name);
        assertThat(directory.nodeId()).isNotEqualTo(old);
        Member newcomer = Member.founder(directory.nodeId(), members.get(name).raft(), "", "");
        String leader = topicsLeader();
        eventually(
                "the old one is silent", () -> nodes.get(leader).isSilent(old).orElse(false));
        Charter charter = await(nodes.get(leader).replace(old, newcomer));
        assertThat(charter.member(newcomer.id())).isPresent();
        assertThat(charter.retired(old)).isPresent();
        // What is asked for twice is done once.
        assertThat(await(nodes.get(leader).replace(old, newcomer))).isEqualTo(charter);
        assertThat(directory.found(charter)).isTrue();
        members.put(name, newcomer);
        startNode(name);
        return old;
    }

    private boolean isEverywhere(String id) {
        return nodes.values().stream()
                .map(node -> node.topics().describeCluster())
                .allMatch(cluster -> cluster.allGroups()
                        .allMatch(group -> group.replicas().contains(id)
                                && group.replicas().size() == 3));
    }

    @Test
    void it_gets_everything_from_the_others_and_counts_when_the_next_one_is_lost() throws IOException {
        List<List<String>> expected = append("a", 5, List.of());
        stop("c");
        wipe("c");
        expected = append("b", 5, expected);
        String old = comesBack("c");
        await(nodes.get("c").ready());
        String id = nodes.get("c").nodeId();
        eventually("all groups count on it", () -> isEverywhere(id));
        eventually("all have it on their disks", () -> directories.values().stream()
                .allMatch(directory ->
                        directory.charter().orElseThrow().retired(old).isPresent()));
        stop("a");
        expected = append("b", 2, expected);
        assertThat(read("c")).isEqualTo(expected);
        stop("c");
        open("c");
        startNode("c");
        await(nodes.get("c").ready());
        assertThat(read("c")).as("after a restart").isEqualTo(expected);
    }

    @Test
    void the_leaders_are_spread_over_the_nodes() {
        eventually("each group is led where it should be", () -> nodes.values().stream()
                .allMatch(node -> {
                    ClusterDescription cluster = node.topics().describeCluster();
                    return cluster.allGroups().allMatch(group -> group.leader()
                            .filter(Leaders.preferred(
                                    group.group(), node.charter().members())::equals)
                            .isPresent());
                }));
    }

    @Test
    void the_next_one_is_not_replaced_before_all_groups_have_followed_the_last_replacement() throws IOException {
        stop("c");
        wipe("c");
        String lost = members.get("c").id();
        String leader = topicsLeader();
        Member newcomer = Member.founder("newcomer", Ports.free(1).get(0), "", "");
        // It does not come, so what the groups have is on the node that is lost still, should that come back.
        assertThat(await(nodes.get(leader).replace(lost, newcomer)).retired(lost))
                .isPresent();
        Member next = Member.founder("next", Ports.free(1).get(0), "", "");
        assertThatThrownBy(
                        () -> await(nodes.get(leader).replace(members.get("b").id(), next)))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("the last replacement is not complete");
        assertThat(nodes.get(leader)
                        .groups()
                        .topics()
                        .state()
                        .charter()
                        .orElseThrow()
                        .version())
                .isEqualTo(1);
    }

    @Test
    void before_it_has_taken_the_place_it_does_not_vote_for_the_node_that_it_was() throws IOException {
        stop("c");
        wipe("c");
        String lost = members.get("c").id();
        NodeDirectory directory = open("c");
        // Whatever it hears is for the node that was there: it is in the same groups at the same address, and has
        // nobody's promise to keep.
        Charter known = nodes.get("a").charter();
        Member newcomer = Member.founder(directory.nodeId(), members.get("c").raft(), "", "");
        directory.found(known.replace(lost, newcomer));
        members.put("c", newcomer);
        startNode("c");
        stop("a");
        CompletableFuture<Void> ready = nodes.get("b").ready().toCompletableFuture();
        assertThatThrownBy(() -> ready.get(5, TimeUnit.SECONDS))
                .as("one of three that count is no majority, whoever answers at the address of another");
        assertThat(nodes.get("c")
                        .groups()
                        .topics()
                        .state()
                        .getLastAppliedTermIndex()
                        .getIndex())
                .isLessThan(0);
    }

    @Test
    void a_node_whose_raft_logs_are_gone_does_not_start_under_its_id() throws IOException {
        stop("c");
        try (Stream<Path> files = Files.walk(root.resolve("c").resolve("raft"))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        open("c");
        assertThatThrownBy(() -> startNode("c"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is gone")
                .hasMessageContaining("start anew");
    }
}
