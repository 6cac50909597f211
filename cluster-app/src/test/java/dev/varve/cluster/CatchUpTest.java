package dev.varve.cluster;

import static dev.varve.cluster.Asking.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that misses what the others have cut from their Raft logs copies what these made, and is as good as the others then. */
class CatchUpTest {
    private static ActorSystem<Void> actorSystem;

    @BeforeAll
    static void startSystem() {
        actorSystem = ActorSystem.create(Behaviors.empty(), "catch-up");
    }

    private static final int TOPICS = -1;
    private static final RaftLogLimits LIMITS = new RaftLogLimits(1 << 20, 4 << 20, 500 << 20);

    @TempDir
    Path directory;

    private final Asking asking = new Asking(actorSystem);
    private final Map<String, String> addresses = new TreeMap<>();
    private final Map<String, ClusterNode> nodes = new LinkedHashMap<>();
    private int produced;

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
            await(node.ready());
        }
        await(nodes.get("n1").topics().create(TopicSpec.of("t", 2)));
    }

    private void startNode(String id) throws IOException {
        startNode(id, LIMITS);
    }

    private void startNode(String id, RaftLogLimits limits) throws IOException {
        ClusterSettings settings = ClusterSettings.of(directory.resolve(id), id, addresses)
                .withGroups(1)
                .withSnapshotEntries(1_000_000)
                .withLogLimits(limits)
                .withRequestTimeout(Duration.ofSeconds(30));
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

    private void append(String node, int partition, String... values) {
        assertThat(await(asking.append(partition(node, partition), values))).isInstanceOf(Appended.class);
    }

    /** With a producer of its own. */
    private AppendReply produce(String node, int sequence) {
        CompletionStage<AppendReply> reply = asking.ask(
                partition(node, 1),
                (ActorRef<AppendReply> replyTo) -> new Append(
                        List.of(Asking.record("p" + sequence)),
                        OptionalLong.empty(),
                        replyTo,
                        Optional.of(new Producer(5, (short) 0, sequence)),
                        Optional.empty()));
        return await(reply);
    }

    private void write(String node, int megabytes) {
        String large = "x".repeat(1 << 20);
        for (int i = 0; i < megabytes; i++) {
            append(node, 0, "v" + i + large);
            assertThat(produce(node, produced++)).isInstanceOf(Appended.class);
        }
    }

    private String leader(int group) {
        String[] leader = {null};
        Nudges.until("a leader of group " + group, () -> {
            leader[0] = nodes.keySet().stream()
                    .filter(node -> Nudges.group(nodes.get(node), group).isLeading())
                    .findFirst()
                    .orElse(null);
            return leader[0] != null;
        });
        return leader[0];
    }

    /** With the first node away, which is preferred, has the third one lead the partitions; returns with all of them there. */
    private void haveN3Lead() throws IOException {
        nodes.remove("n1").close();
        while (!leader(0).equals("n3")) {
            nodes.remove("n2").close();
            startNode("n2");
            await(nodes.get("n2").ready());
        }
        append("n3", 0, "without the first node");
        startNode("n1");
        await(nodes.get("n1").ready());
    }

    private Path log(String node, int partition) {
        Topic topic = nodes.get(node).groups().topics().state().topic("t").orElseThrow();
        PartitionId id = topic.partition(partition);
        return directory
                .resolve(node)
                .resolve("partitions")
                .resolve("group-0")
                .resolve(id.topicId() + "-" + id.partition());
    }

    private List<String> frames(String node, int partition) {
        assertThat(await(asking.ask(partition(node, partition), PartitionActor.Flush::new)))
                .isInstanceOf(PartitionActor.Flushed.class);
        Topic topic = nodes.get(node).groups().topics().state().topic("t").orElseThrow();
        nodes.get(node)
                .groups()
                .of(topic, partition)
                .state()
                .replica(topic.partition(partition))
                .orElseThrow()
                .log()
                .flush();
        return Frames.replicated(log(node, partition));
    }

    private void assertAllTheSame() {
        for (int partition = 0; partition < 2; partition++) {
            List<String> expected = frames("n1", partition);
            assertThat(expected).isNotEmpty();
            assertThat(frames("n2", partition)).isEqualTo(expected);
            assertThat(frames("n3", partition)).isEqualTo(expected);
        }
    }

    /** More than any if files go away meanwhile. */
    private static long bytes(Path tree) {
        try (Stream<Path> all = Files.walk(tree)) {
            return all.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException | UncheckedIOException e) {
            return Long.MAX_VALUE;
        }
    }

    /** Reads all that was produced from a node that may be switching to its copy: each record once and in order. */
    private int readBeside(String node) {
        int next = 0;
        while (next < produced) {
            PartitionActor.ReadReply reply = asking.read(partition(node, 1), next, Duration.ofSeconds(5));
            if (reply instanceof PartitionActor.Records records) {
                for (LogRecord record : records.records()) {
                    assertThat(record.offset()).isEqualTo(next);
                    assertThat(Asking.text(record)).isEqualTo("p" + next++);
                }
            } else {
                assertThat(((PartitionActor.ReadFailed) reply).error())
                        .isInstanceOfAny(PartitionError.Stopped.class, PartitionError.NotEnoughReplicas.class);
            }
        }
        return next;
    }

    @Test
    void a_node_that_was_away_for_longer_than_the_raft_log_reaches_is_copied_and_can_lead() throws IOException {
        write("n1", 1);
        long lastOfN3 = Nudges.raftLog(Nudges.group(nodes.get("n3"), 0)).getNextIndex();
        nodes.remove("n3").close();
        await(nodes.get("n1").topics().create(TopicSpec.of("short-lived", 1)));
        write("n1", 24);
        await(nodes.get("n1").topics().delete("short-lived"));
        for (String node : List.of("n1", "n2")) {
            Nudges.until(
                    "the Raft log of " + node + " is cut",
                    () -> Nudges.raftLog(Nudges.group(nodes.get(node), 0)).getStartIndex() > lastOfN3
                            && bytes(directory.resolve(node).resolve("raft")) < 12 << 20);
        }
        startNode("n3");
        assertThat(readBeside("n3"))
                .as("read by somebody who began before the copy")
                .isEqualTo(produced);
        await(nodes.get("n3").ready());
        assertThat(Nudges.raftLog(Nudges.group(nodes.get("n3"), 0)).getTermIndex(lastOfN3))
                .as("what came next did not come by the Raft log")
                .isNull();
        assertAllTheSame();
        assertThat(nodes.get("n3").groups().partitions().get(0).state().replicas())
                .hasSize(2);
        assertThat(produce("n3", produced - 1))
                .isInstanceOfSatisfying(Appended.class, reply -> assertThat(reply.duplicate())
                        .as("the producer is known to the copy")
                        .isTrue());
        haveN3Lead();
        assertAllTheSame();
    }

    @Test
    void a_replica_that_is_told_to_copy_what_it_has_saves_that_and_copies_nothing() throws IOException {
        append("n1", 0, "a");
        append("n1", 1, "b");
        String follower = leader(0).equals("n2") ? "n3" : "n2";
        RaftGroupOnNode<?> group = Nudges.group(nodes.get(follower), 0);
        long last = Nudges.raftLog(Nudges.group(nodes.get(leader(0)), 0)).getLastCommittedIndex();
        Nudges.until("it knows what is committed", () -> Nudges.raftLog(group).getLastCommittedIndex() >= last);
        long savedBefore = Nudges.raftLog(group).getSnapshotIndex();
        assertThat(savedBefore).isLessThan(last);
        // As a leader does that has lost its connection, and begins at the beginning, which it has cut.
        CompletableFuture<TermIndex> told = group.state()
                .notifyInstallSnapshotFromLeader(
                        Nudges.division(group).getInfo().getRoleInfoProto(),
                        Nudges.raftLog(group).getTermIndex(last));
        assertThat(told).succeedsWithin(Duration.ofSeconds(30)).isNull();
        assertThat(group.state().getLatestSnapshot().getIndex()).isGreaterThanOrEqualTo(last);
        assertThat(Nudges.raftLog(group).getSnapshotIndex())
                .as("what Ratis tells the leader when it asks again")
                .isEqualTo(group.state().getLatestSnapshot().getIndex());
        append("n1", 0, "c");
        assertAllTheSame();
        nodes.remove(follower).close();
        startNode(follower);
        await(nodes.get(follower).ready());
        assertAllTheSame();
    }

    @Test
    void what_comes_behind_an_image_stays_in_the_raft_log_until_it_is_copied() throws IOException {
        nodes.remove("n3").close();
        write("n1", 12);
        RaftGroupOnNode<?> group = Nudges.group(nodes.get(leader(0)), 0);
        RaftLogUpkeep upkeep =
                new RaftLogUpkeep(LIMITS, directory.resolve(leader(0)).resolve("raft"));
        Nudges.until("the Raft log is cut", () -> Nudges.raftLog(group).getStartIndex() > 6);
        startNode("n3", new RaftLogLimits(LIMITS.snapshotBytes(), LIMITS.keptBytes(), 2 << 20));
        Nudges.until("an image is kept", () -> group.state().lastUnneededEntry() < Long.MAX_VALUE);
        long lastInImage = group.state().lastUnneededEntry();
        write("n1", 10);
        Nudges.until(
                "all of that could be cut off",
                () -> group.state().getLatestSnapshot().getIndex() > lastInImage + 10);
        assertThat(upkeep.upTo(group)).isLessThanOrEqualTo(lastInImage);
        assertThat(Nudges.raftLog(group).getStartIndex()).isLessThanOrEqualTo(lastInImage + 1);
        await(nodes.get("n3").ready());
        assertAllTheSame();
        assertThat(group.state().lastUnneededEntry()).as("it was copied once").isEqualTo(lastInImage);
    }

    @Test
    void a_node_with_nothing_at_all_gets_every_group_and_reads_go_on() throws IOException {
        write("n2", 2);
        await(nodes.get("n2").topics().commit("readers", "t", Map.of(0, 2L)));
        nodes.remove("n3").close();
        wipe(directory.resolve("n3"));
        // Another term closes the segment that is being written, without which it could not be cut.
        for (String node : List.of("n1", "n2")) {
            nodes.remove(node).close();
        }
        for (String node : List.of("n1", "n2")) {
            startNode(node);
        }
        append("n1", 1, "in another term");
        for (String node : List.of("n1", "n2")) {
            await(nodes.get(node).ready());
            for (int group : new int[] {TOPICS, 0}) {
                Nudges.cut(Nudges.group(nodes.get(node), group));
                assertThat(Nudges.raftLog(Nudges.group(nodes.get(node), group)).getStartIndex())
                        .isPositive();
            }
        }
        startNode("n3");
        await(nodes.get("n3").ready());
        assertThat(await(nodes.get("n3").topics().list()))
                .extracting(TopicDescription::name)
                .containsExactly("t");
        assertThat(await(nodes.get("n3").topics().offsets("readers", "t"))).isEqualTo(Map.of(0, 2L));
        assertAllTheSame();
        // Which it prefers.
        Nudges.until("n3 leads the topics", () -> leader(TOPICS).equals("n3"));
        await(nodes.get("n3").topics().commit("readers", "t", Map.of(1, 3L)));
        haveN3Lead();
        assertAllTheSame();
        assertThat(await(nodes.get("n1").topics().offsets("readers", "t"))).isEqualTo(Map.of(0, 2L, 1, 3L));
    }

    @Test
    void a_peer_that_is_added_gets_a_group_whose_log_is_cut() throws IOException {
        write("n1", 8);
        for (String node : List.of("n1", "n2", "n3")) {
            Nudges.until(
                    "the Raft log of " + node + " is cut",
                    () -> Nudges.raftLog(Nudges.group(nodes.get(node), 0)).getStartIndex() > 0);
        }
        RaftGroup group = Nudges.group(nodes.get("n1"), 0).raft();
        String address = Ports.free(1).get(0);
        ClusterSettings settings = ClusterSettings.of(directory.resolve("n4"), "n4", Map.of("n4", address));
        NodeDirectory home = NodeDirectory.open(settings);
        GroupState state = new GroupState(0, home);
        RaftProperties properties = RaftOptions.of(settings, home, ClusterSettings.socketAddress(address));
        try (LoggedWarnings warnings = new LoggedWarnings(CatchUp.class);
                RaftServer server = RaftServer.newBuilder()
                        .setServerId(RaftPeerId.valueOf("n4"))
                        .setProperties(properties)
                        .setStateMachineRegistry(id -> state)
                        .build();
                RaftClient client = RaftClient.newBuilder()
                        .setRaftGroup(group)
                        .setProperties(properties)
                        .build()) {
            server.start();
            RaftGroup unknown = RaftGroup.valueOf(group.getGroupId());
            assertThat(server.groupManagement(GroupManagementRequest.newAdd(
                                    ClientId.randomId(), server.getId(), CallId.getAndIncrement(), unknown, false))
                            .isSuccess())
                    .isTrue();
            List<RaftPeer> peers = new ArrayList<>(group.getPeers());
            peers.add(RaftPeer.newBuilder().setId("n4").setAddress(address).build());
            assertThat(client.admin().setConfiguration(peers).isSuccess()).isTrue();
            Nudges.until(
                    "n4 has the partitions",
                    () -> state.replicas().size() == 2
                            && state.replicas().stream()
                                            .mapToLong(each -> each.log().logEndOffset())
                                            .sum()
                                    == 16);
            assertThat(warnings.messages())
                    .as("it is sent to copy before it is told who is in its group")
                    .noneMatch(message -> message.contains("is empty"));
            for (Replica replica : state.replicas()) {
                replica.log().flush();
                assertThat(Frames.replicated(home.partition(0, replica.id())))
                        .isEqualTo(frames("n1", replica.id().partition()));
            }
            // Its state is as good as that of the others: it has a say.
            nodes.remove("n2").close();
            append("n1", 1, "three of four");
        } finally {
            state.release();
            home.close();
        }
    }

    private static void wipe(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
