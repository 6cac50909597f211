package dev.varve.cluster.formation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.Charter;
import dev.varve.cluster.Member;
import dev.varve.cluster.NodeDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes that start, die between any two of their steps, come back and hear of each other now and then, in hundreds of random orders: there is
 * never a second cluster that works, and one that was begun is there in the end.
 */
class FormationInAnyOrderTest {
    private static final int FACTOR = 3;

    @TempDir
    Path root;

    /** What a node has on its disk; what it has heard is gone with each death. */
    private static final class Node {
        private final String id;
        private Optional<Charter> disk = Optional.empty();
        private boolean isBegun;
        private boolean isUp;
        private int age;
        private final Map<String, Announcement> heard = new HashMap<>();

        Node(String id) {
            this.id = id;
        }

        Announcement announcement() {
            int port = 7_000 + id.charAt(0);
            return new Announcement(
                    id,
                    "127.0.0.1:" + port,
                    "127.0.0.1:" + (port + 100),
                    "",
                    FACTOR,
                    4,
                    Optional.empty(),
                    disk,
                    isBegun);
        }

        void die() {
            isUp = false;
            heard.clear();
        }
    }

    private static final class World {
        private final Random random;
        private final Map<String, Node> nodes = new TreeMap<>();
        private final List<String> history = new ArrayList<>();
        private int clock;

        World(long seed, String... ids) {
            random = new Random(seed);
            for (String id : ids) {
                nodes.put(id, new Node(id));
            }
        }

        private void start(Node node) {
            node.isUp = true;
            node.age = clock++;
            history.add("start " + node.id);
        }

        /** Something happens to one of the nodes. */
        void step(boolean mayDie) {
            List<Node> all = List.copyOf(nodes.values());
            Node node = all.get(random.nextInt(all.size()));
            if (!node.isUp) {
                start(node);
            } else if (mayDie && random.nextInt(6) == 0) {
                history.add("kill " + node.id);
                node.die();
            } else if (random.nextInt(3) == 0) {
                decide(node);
            } else {
                Node other = all.get(random.nextInt(all.size()));
                if (other != node && other.isUp) {
                    other.heard.put(node.id, node.announcement());
                }
            }
        }

        private void decide(Node node) {
            boolean isOldest = nodes.values().stream().noneMatch(other -> other.isUp && other.age < node.age);
            Verdict verdict = FormationRules.decide(node.announcement(), node.heard.values(), isOldest);
            if (verdict instanceof Verdict.Found found) {
                history.add(node.id + " makes a cluster");
                node.disk =
                        Optional.of(Charter.found(new UUID(random.nextLong(), random.nextLong()), 4, found.founders()));
            } else if (verdict instanceof Verdict.Join join) {
                history.add(node.id + " belongs to " + join.charter().clusterId());
                assertThat(node.isBegun).as("works for none before").isFalse();
                node.disk = Optional.of(join.charter());
            } else if (verdict instanceof Verdict.Begin) {
                history.add(node.id + " runs");
                node.isBegun = true;
            }
        }

        /** The clusters that a majority of their nodes runs for: no other can acknowledge anything. */
        Set<UUID> working() {
            Map<UUID, Integer> running = new HashMap<>();
            nodes.values().stream()
                    .filter(node -> node.isBegun)
                    .forEach(node -> running.merge(node.disk.orElseThrow().clusterId(), 1, Integer::sum));
            running.values().removeIf(count -> count <= FACTOR / 2);
            return running.keySet();
        }
    }

    @Test
    void whoever_dies_when_three_become_one_cluster_in_the_end() {
        for (long seed = 0; seed < 500; seed++) {
            World world = new World(seed, "a", "b", "c");
            for (int i = 0; i < 120; i++) {
                world.step(true);
                assertThat(world.working())
                        .as("seed " + seed + " " + world.history)
                        .hasSizeLessThan(2);
            }
            for (int i = 0; i < 500; i++) {
                world.step(false);
            }
            assertThat(world.nodes.values())
                    .as("seed " + seed + " " + world.history)
                    .allSatisfy(node -> assertThat(node.isBegun).isTrue());
            assertThat(world.working()).as("seed " + seed + " " + world.history).hasSize(1);
        }
    }

    @Test
    void of_more_nodes_than_a_cluster_has_two_never_work_for_different_ones() {
        for (long seed = 0; seed < 1_000; seed++) {
            World world = new World(seed, "a", "b", "c", "d", "e");
            for (int i = 0; i < 400; i++) {
                world.step(true);
                assertThat(world.working())
                        .as("seed " + seed + " " + world.history)
                        .hasSizeLessThan(2);
            }
        }
    }

    @Test
    void a_directory_takes_one_cluster_and_no_other() throws IOException {
        try (NodeDirectory directory = NodeDirectory.open(root)) {
            Charter one = charter(directory.nodeId());
            Charter other = charter(directory.nodeId());
            assertThat(directory.found(one)).isTrue();
            assertThat(directory.found(one)).as("again").isTrue();
            assertThat(directory.found(other)).isFalse();
            directory.update(new Charter(other.clusterId(), 9, 4, other.members(), List.of()));
            assertThat(directory.charter()).contains(one);
        }
        try (NodeDirectory again = NodeDirectory.open(root)) {
            assertThat(again.found(charter(again.nodeId()))).isFalse();
        }
    }

    private static Charter charter(String nodeId) {
        return Charter.found(
                UUID.randomUUID(), 4, List.of(Member.founder(nodeId, "127.0.0.1:7001", "127.0.0.1:7101", "")));
    }
}
