package dev.varve.cluster;

import static dev.varve.cluster.Asking.await;
import static dev.varve.cluster.Asking.awaitReady;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionError;
import dev.varve.partition.PartitionState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes in one process: what each of them says, and what is left when some are not there. */
class ThreeNodesTest {
    private static ActorSystem<Void> actorSystem;

    @BeforeAll
    static void startSystem() {
        actorSystem = ActorSystem.create(Behaviors.empty(), "three");
    }

    @TempDir
    Path directory;

    private final Asking asking = new Asking(actorSystem);
    private final Map<String, String> addresses = new TreeMap<>();
    private final Map<String, ClusterNode> nodes = new LinkedHashMap<>();

    @BeforeEach
    void start() throws IOException {
        List<String> free = Ports.free(3);
        for (int i = 0; i < 3; i++) {
            addresses.put("n" + (i + 1), free.get(i));
        }
        for (String id : addresses.keySet()) {
            startNode(id);
        }
        for (ClusterNode node : nodes.values()) {
            awaitReady(node);
        }
    }

    private void startNode(String id) throws IOException {
        ClusterSettings settings = ClusterSettings.of(directory.resolve(id), id, addresses)
                .withGroups(2)
                .withSnapshotEntries(30)
                .withRequestTimeout(Duration.ofSeconds(4));
        nodes.put(id, ClusterNode.start(actorSystem, settings));
    }

    @AfterEach
    void stop() throws IOException {
        for (ClusterNode node : nodes.values()) {
            node.close();
        }
    }

    @AfterAll
    static void shutDown() {
        actorSystem.terminate();
    }

    private RecipientRef<Command> partition(String node, int partition) {
        return nodes.get(node).topics().partition("t", partition);
    }

    /** All that is there once the node has caught up with what was committed before; a mere read may lag. */
    private List<String> latestTexts(String node) {
        assertThat(await(asking.ask(partition(node, 0), PartitionActor.Flush::new)))
                .isInstanceOf(PartitionActor.Flushed.class);
        return asking.texts(partition(node, 0));
    }

    private void appendThroughAll(int rounds, List<String> expected) {
        for (int i = 0; i < rounds; i++) {
            for (String node : nodes.keySet()) {
                String value = node + "-" + expected.size();
                AppendReply reply = await(asking.append(partition(node, 0), value));
                assertThat(reply).isEqualTo(new Appended(expected.size(), expected.size()));
                expected.add(value);
            }
        }
    }

    @Test
    void every_node_takes_appends_and_reads_what_any_of_them_took() {
        await(nodes.get("n1").topics().create(TopicSpec.of("t", 3)));
        List<String> expected = new ArrayList<>();
        appendThroughAll(20, expected);
        for (String node : nodes.keySet()) {
            // Somebody was told of the last offset; a node that has not heard of it yet asks before it refuses.
            assertThat(asking.read(partition(node, 0), expected.size(), Duration.ZERO))
                    .isInstanceOf(PartitionActor.Records.class);
            assertThat(asking.texts(partition(node, 0))).isEqualTo(expected);
            assertThat(await(nodes.get(node).topics().list()))
                    .extracting(TopicDescription::name)
                    .containsExactly("t");
            ClusterDescription described = nodes.get(node).topics().describeCluster();
            assertThat(described.nodes())
                    .extracting(ClusterDescription.Node::id)
                    .containsExactly("n1", "n2", "n3");
            assertThat(described.groups()).hasSize(2).allSatisfy(group -> {
                assertThat(group.leader()).isPresent();
                assertThat(group.replicas()).containsExactly("n1", "n2", "n3");
            });
        }
    }

    private static boolean isRefused(AppendReply reply) {
        assertThat(reply).isNotInstanceOf(Appended.class);
        return reply instanceof NotStored refused && refused.error() instanceof PartitionError.NotEnoughReplicas;
    }

    @Test
    void without_a_majority_appends_are_refused_and_what_is_committed_is_read_on() throws IOException {
        await(nodes.get("n1").topics().create(TopicSpec.of("t", 1)));
        List<String> expected = new ArrayList<>();
        appendThroughAll(2, expected);
        assertThat(asking.read(partition("n1", 0), expected.size(), Duration.ZERO))
                .isInstanceOf(PartitionActor.Records.class);
        nodes.remove("n2").close();
        nodes.remove("n3").close();
        // Some may be under way while the leader finds out.
        Eventually.holds(() -> isRefused(await(asking.append(partition("n1", 0), "perhaps"))), "an append is refused");
        assertThat(asking.texts(partition("n1", 0))).isEqualTo(expected);
        // In words for people, which the names of classes are not.
        assertThatThrownBy(() -> await(nodes.get("n1").topics().list()))
                .hasMessageContaining("no majority of the replicas could be asked")
                .hasMessageNotContaining("Exception");
        startNode("n2");
        awaitReady(nodes.get("n2"));
        assertThat(await(asking.append(partition("n2", 0), "again"))).isInstanceOf(Appended.class);
        assertThat(latestTexts("n2")).contains("again");
    }

    @Test
    void a_replica_that_cannot_store_an_entry_stops_and_the_others_go_on() throws IOException {
        await(nodes.get("n1").topics().create(TopicSpec.of("t", 1)));
        List<String> expected = new ArrayList<>();
        appendThroughAll(2, expected);
        TopicsState topics = nodes.get("n2").groups().topics().state();
        Topic topic = topics.topic("t").orElseThrow();
        RaftGroupOnNode<GroupState> group = nodes.get("n2").groups().of(topic, 0);
        // Whatever refuses the next write does: this is what a failed log is to who applies.
        group.state().replica(topic.partition(0)).orElseThrow().log().close();
        appendThroughAll(3, expected);
        assertThat(group.state().failure()).isNotNull();
        PartitionActor.Description described = await(asking.ask(partition("n2", 0), PartitionActor.Describe::new));
        assertThat(described.state()).isEqualTo(PartitionState.FAILED);
        assertThat(latestTexts("n1")).isEqualTo(expected);
        nodes.remove("n2").close();
        startNode("n2");
        awaitReady(nodes.get("n2"));
        assertThat(latestTexts("n2")).isEqualTo(expected);
    }
}
