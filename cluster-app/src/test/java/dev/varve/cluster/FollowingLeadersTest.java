package dev.varve.cluster;

import static dev.varve.cluster.Asking.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.sharding.PartitionSharding;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entities whose leaders are elsewhere for a while, move, or die. The groups are led by n1, n2 and n3, in this order. */
class FollowingLeadersTest {
    private static final int GROUPS = 3;
    private static final Set<String> SHARDS = Set.of("0", "1", "2");

    @TempDir
    Path directory;

    private final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "nodes");
    private final Map<String, String> addresses = new TreeMap<>();
    private final Map<String, ClusterNode> nodes = new LinkedHashMap<>();
    private final Map<String, ShardedMember> members = new LinkedHashMap<>();
    private ShardedMember sender;

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
            Eventually.isReady(node);
        }
        await(nodes.get("n2").topics().create(TopicSpec.of("t", GROUPS)));
    }

    private void startNode(String id) throws IOException {
        nodes.put(
                id,
                ClusterNode.start(
                        system,
                        ClusterSettings.of(directory.resolve(id), id, addresses)
                                .withGroups(GROUPS)
                                .withRequestTimeout(Duration.ofSeconds(8))));
    }

    private void join(String id) {
        ShardedMember member = ShardedMember.host(nodes.get(id));
        member.join(members.isEmpty() ? member : members.values().iterator().next());
        members.put(id, member);
    }

    private void joinSender() {
        sender = ShardedMember.sender(GROUPS).join(members.values().iterator().next());
    }

    @AfterEach
    void stop() throws IOException {
        if (sender != null) {
            sender.close();
        }
        for (ShardedMember member : members.values()) {
            member.close();
        }
        for (ClusterNode node : nodes.values()) {
            node.close();
        }
        system.terminate();
    }

    /** Appends once, however often it has to be sent. */
    private void append(int partition, List<String> expected) {
        EntityRef<Command> entity = sender.entity("t", partition);
        String value = "v" + expected.size();
        Producer producer = new Producer(5, (short) 0, expected.size());
        Eventually.holds(
                () -> {
                    try {
                        AppendReply reply = entity.<AppendReply>ask(
                                        replyTo -> new Append(List.of(Asking.record(value)), producer, replyTo),
                                        Duration.ofSeconds(2))
                                .toCompletableFuture()
                                .join();
                        return reply instanceof Appended appended && appended.baseOffset() == expected.size();
                    } catch (CompletionException e) {
                        assertThat(e.getCause()).isInstanceOf(TimeoutException.class);
                        return false;
                    }
                },
                value + " is stored");
        expected.add(value);
    }

    private void holdsAll(int partition, List<String> expected) {
        assertThat(sender.asking().texts(sender.entity("t", partition))).isEqualTo(expected);
    }

    private void shardsAreWhereTheirLeadersAre(String asSeenBy) {
        Eventually.holds(
                () -> ShardedEntitiesTest.hosted(members).equals(ShardedEntitiesTest.led(nodes.get(asSeenBy), SHARDS)),
                "each shard is where its leader is");
    }

    @Test
    void what_a_node_leads_that_takes_no_part_is_passed_on_to_it_and_moves_there_when_it_does() {
        join("n2");
        join("n3");
        joinSender();
        List<List<String>> expected = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int partition = 0; partition < GROUPS; partition++) {
            append(partition, expected.get(partition));
        }
        Eventually.holds(
                () -> ShardedEntitiesTest.hosted(members).values().stream()
                                .mapToInt(Set::size)
                                .sum()
                        == GROUPS,
                "somebody has each");
        Eventually.holds(() -> ShardedEntitiesTest.led(nodes.get("n2"), SHARDS).containsKey("n1"), "n1 leads a group");
        join("n1");
        shardsAreWhereTheirLeadersAre("n2");
        // Leaders are spread when the nodes have been well for some seconds.
        Eventually.holds(() -> !members.get("n1").shards().isEmpty(), "what n1 leads is there");
        for (int partition = 0; partition < GROUPS; partition++) {
            append(partition, expected.get(partition));
            holdsAll(partition, expected.get(partition));
        }
    }

    @Test
    void a_shard_follows_when_its_leader_moves_and_when_it_comes_back() throws IOException {
        join("n2");
        join("n1");
        join("n3");
        joinSender();
        List<List<String>> expected = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int partition = 0; partition < GROUPS; partition++) {
            append(partition, expected.get(partition));
        }
        shardsAreWhereTheirLeadersAre("n2");
        // Leaders are spread when the nodes have been well for some seconds.
        Eventually.holds(() -> !members.get("n1").shards().isEmpty(), "what n1 leads is there");
        // The member stays; only its node is gone.
        nodes.remove("n1").close();
        Eventually.holds(() -> members.get("n1").shards().isEmpty(), "nothing is at n1");
        for (int partition = 0; partition < GROUPS; partition++) {
            append(partition, expected.get(partition));
        }
        startNode("n1");
        PartitionSharding.host(members.get("n1").system(), nodes.get("n1"));
        Eventually.holds(() -> !members.get("n1").shards().isEmpty(), "what n1 leads again is there again");
        shardsAreWhereTheirLeadersAre("n2");
        for (int partition = 0; partition < GROUPS; partition++) {
            append(partition, expected.get(partition));
            holdsAll(partition, expected.get(partition));
        }
    }

    @Test
    void entities_survive_the_death_of_the_node_that_leads_and_has_the_coordinator() throws IOException {
        join("n1");
        join("n2");
        join("n3");
        joinSender();
        List<List<String>> expected = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int partition = 0; partition < GROUPS; partition++) {
            append(partition, expected.get(partition));
        }
        shardsAreWhereTheirLeadersAre("n2");
        // Leaders are spread when the nodes have been well for some seconds.
        Eventually.holds(() -> !members.get("n1").shards().isEmpty(), "what n1 leads is there");
        members.remove("n1").close();
        nodes.remove("n1").close();
        for (int partition = 0; partition < GROUPS; partition++) {
            append(partition, expected.get(partition));
        }
        shardsAreWhereTheirLeadersAre("n2");
        for (int partition = 0; partition < GROUPS; partition++) {
            append(partition, expected.get(partition));
            holdsAll(partition, expected.get(partition));
        }
    }

    @Test
    void without_a_majority_an_entity_refuses_appends_and_gives_what_is_committed() throws IOException {
        join("n1");
        joinSender();
        List<String> expected = new ArrayList<>();
        append(0, expected);
        // The node of the member has it too, and not only a majority.
        assertThat(await(sender.asking().ask(sender.entity("t", 0), PartitionActor.Flush::new)))
                .isEqualTo(new PartitionActor.Flushed(1));
        nodes.remove("n2").close();
        nodes.remove("n3").close();
        // The first one may be under way while the leader finds out.
        assertThat(await(sender.asking().append(sender.entity("t", 0), "perhaps")))
                .isNotInstanceOf(Appended.class);
        assertThat(await(sender.asking().append(sender.entity("t", 0), "never")))
                .isInstanceOfSatisfying(NotStored.class, refused -> assertThat(refused.error())
                        .isInstanceOf(PartitionError.NotEnoughReplicas.class));
        holdsAll(0, expected);
    }
}
