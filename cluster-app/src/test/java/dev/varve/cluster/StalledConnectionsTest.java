package dev.varve.cluster;

import static dev.varve.cluster.Asking.await;
import static dev.varve.cluster.Asking.awaitReady;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Command;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Connections over which nothing comes any more and that do not end either, as they are after a cut: TCP waits with its next attempt for as long as the cut
 * was. Here it waits for ever. New connections work.
 */
class StalledConnectionsTest {
    private static ActorSystem<Void> actorSystem;

    @BeforeAll
    static void startSystem() {
        actorSystem = ActorSystem.create(Behaviors.empty(), "stalled");
    }

    @TempDir
    Path directory;

    private final Asking asking = new Asking(actorSystem);
    private final Map<String, ClusterNode> nodes = new LinkedHashMap<>();
    /** From each node to each other one, as "n1-n2". */
    private final Map<String, Relay> relays = new TreeMap<>();

    @BeforeEach
    void start() throws IOException {
        Map<String, String> addresses = new TreeMap<>();
        List<String> free = Ports.free(3);
        for (int i = 0; i < 3; i++) {
            addresses.put("n" + (i + 1), free.get(i));
        }
        for (String from : addresses.keySet()) {
            Map<String, String> seen = new TreeMap<>(addresses);
            for (String to : addresses.keySet()) {
                if (!to.equals(from)) {
                    Relay relay = Relay.to(addresses.get(to));
                    relays.put(from + "-" + to, relay);
                    seen.put(to, relay.address());
                }
            }
            nodes.put(
                    from,
                    ClusterNode.start(
                            actorSystem,
                            ClusterSettings.of(directory.resolve(from), from, seen)
                                    .withGroups(1)
                                    .withRequestTimeout(Duration.ofSeconds(4))));
        }
        for (ClusterNode node : nodes.values()) {
            awaitReady(node);
        }
        await(nodes.get("n1").topics().create(TopicSpec.of("t", 1)));
    }

    @AfterEach
    void stop() throws IOException {
        for (ClusterNode node : nodes.values()) {
            node.close();
        }
        for (Relay relay : relays.values()) {
            relay.close();
        }
    }

    @AfterAll
    static void shutDown() {
        actorSystem.terminate();
    }

    private RecipientRef<Command> partition(String node) {
        return nodes.get(node).topics().partition("t", 0);
    }

    private String leader() {
        Eventually.holds(
                () -> nodes.get("n1")
                        .groups()
                        .partitions()
                        .get(0)
                        .describe()
                        .leader()
                        .isPresent(),
                "there is a leader");
        return nodes.get("n1").groups().partitions().get(0).describe().leader().orElseThrow();
    }

    private void append(String through, List<String> expected) {
        String value = through + "-" + expected.size();
        Eventually.holds(
                () -> await(asking.append(partition(through), value)) instanceof Appended, through + " appends");
        expected.add(value);
    }

    private void stall(String node) {
        relays.forEach((name, relay) -> {
            if (name.startsWith(node + "-") || name.endsWith("-" + node)) {
                relay.stall();
            }
        });
    }

    private boolean isLatest(String node) {
        return await(asking.ask(partition(node), PartitionActor.Flush::new)) instanceof PartitionActor.Flushed;
    }

    @Test
    void a_follower_catches_up_and_asks_the_leader_over_new_connections() {
        List<String> expected = new ArrayList<>();
        append("n1", expected);
        String leader = leader();
        String follower = leader.equals("n1") ? "n2" : "n1";
        assertThat(isLatest(follower)).isTrue();
        stall(follower);
        for (int i = 0; i < 10; i++) {
            append(leader, expected);
        }
        Eventually.holds(() -> isLatest(follower), follower + " has heard from the leader what is committed");
        assertThat(asking.texts(partition(follower))).isEqualTo(expected);
    }

    @Test
    void a_leader_that_nobody_heard_any_more_follows_the_next_one_over_new_connections() {
        List<String> expected = new ArrayList<>();
        append("n1", expected);
        String leader = leader();
        String other = leader.equals("n1") ? "n2" : "n1";
        stall(leader);
        Eventually.holds(
                () -> nodes.get(other)
                        .groups()
                        .partitions()
                        .get(0)
                        .describe()
                        .leader()
                        .filter(id -> !id.equals(leader))
                        .isPresent(),
                "another one leads");
        append(other, expected);
        Eventually.holds(() -> isLatest(leader), leader + " has heard from the new leader what is committed");
        assertThat(asking.texts(partition(leader))).isEqualTo(expected);
    }

    /** Who has less is not elected, and the one who has more was the leader until a moment ago. */
    @Test
    void a_leader_that_did_not_hear_the_only_other_node_for_a_moment_leads_on_soon() throws Exception {
        List<String> expected = new ArrayList<>();
        append("n1", expected);
        String leader = leader();
        String dead = leader.equals("n3") ? "n2" : "n3";
        nodes.remove(dead).close();
        append(leader, expected);
        relays.values().forEach(Relay::hold);
        CompletionStage<AppendReply> unheard = asking.append(partition(leader), leader + "-" + expected.size());
        RaftGroupOnNode<?> group = nodes.get(leader).groups().partitions().get(0);
        Eventually.holds(() -> !group.isLeading(), leader + " does not lead any more");
        long releasedNanos = System.nanoTime();
        relays.values().forEach(Relay::release);
        Eventually.holds(() -> await(asking.append(partition(leader), "on")) instanceof Appended, "appends go on");
        assertThat(Duration.ofNanos(System.nanoTime() - releasedNanos)).isLessThan(Duration.ofSeconds(9));
        await(unheard);
    }
}
