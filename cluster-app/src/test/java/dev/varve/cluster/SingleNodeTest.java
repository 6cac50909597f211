package dev.varve.cluster;

import static dev.varve.cluster.Asking.await;
import static dev.varve.cluster.Asking.awaitReady;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.partition.PartitionError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that is a cluster alone takes the same path as three: what is appended goes over the Raft log. */
class SingleNodeTest {
    private static ActorSystem<Void> actorSystem;

    @BeforeAll
    static void startSystem() {
        actorSystem = ActorSystem.create(Behaviors.empty(), "single");
    }

    @TempDir
    Path directory;

    private final Asking asking = new Asking(actorSystem);
    private ClusterSettings settings;
    private ClusterNode node;

    @BeforeEach
    void start() throws IOException {
        settings = ClusterSettings.single(directory, Ports.free(1).get(0)).withSnapshotEntries(20);
        open();
    }

    private void open() throws IOException {
        node = ClusterNode.start(actorSystem, settings);
        awaitReady(node);
    }

    private void restart() throws IOException {
        node.close();
        open();
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    @AfterAll
    static void shutDown() {
        actorSystem.terminate();
    }

    private RecipientRef<Command> partition(String topic, int partition) {
        return node.topics().partition(topic, partition);
    }

    private Appended append(String topic, int partition, String... values) {
        AppendReply reply = await(asking.append(partition(topic, partition), values));
        assertThat(reply).isInstanceOf(Appended.class);
        return (Appended) reply;
    }

    @Test
    void what_is_appended_is_read_back_in_order_from_each_partition() {
        await(node.topics().create(TopicSpec.of("t", 3)));
        assertThat(append("t", 0, "a", "b")).isEqualTo(new Appended(0, 1));
        assertThat(append("t", 0, "c")).isEqualTo(new Appended(2, 2));
        assertThat(append("t", 2, "x")).isEqualTo(new Appended(0, 0));
        assertThat(asking.texts(partition("t", 0))).containsExactly("a", "b", "c");
        assertThat(asking.texts(partition("t", 1))).isEmpty();
        assertThat(asking.texts(partition("t", 2))).containsExactly("x");
    }

    @Test
    void partitions_that_nobody_knows_are_asked_up_to_a_limit_and_those_that_exist_beyond_it() {
        for (int i = 0; i < PartitionRefs.MAX_UNKNOWN; i++) {
            partition("nobody", i);
        }
        assertThat(await(asking.ask(partition("one-more", 0), PartitionActor.Flush::new)))
                .isInstanceOfSatisfying(PartitionActor.Failure.class, failure -> assertThat(failure.error())
                        .isInstanceOf(PartitionError.Overloaded.class));
        await(node.topics().create(TopicSpec.of("one-more", 1)));
        assertThat(append("one-more", 0, "a")).isEqualTo(new Appended(0, 0));
    }

    @Test
    void appends_that_come_at_once_keep_the_order_of_their_sender() {
        await(node.topics().create(TopicSpec.of("t", 1)));
        List<CompletionStage<AppendReply>> replies = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            replies.add(asking.append(partition("t", 0), "v" + i));
        }
        for (int i = 0; i < 500; i++) {
            assertThat(await(replies.get(i))).isEqualTo(new Appended(i, i));
        }
    }

    @Test
    void everything_is_there_after_a_restart_with_snapshots_and_without() throws IOException {
        await(node.topics().create(TopicSpec.of("t", 2)));
        await(node.topics().commit("consumers", "t", Map.of(1, 7L)));
        List<String> appended = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 30; i++) {
                String value = round + "-" + i;
                append("t", 1, value);
                appended.add(value);
            }
            String id = node.nodeId();
            restart();
            assertThat(node.nodeId()).isEqualTo(id);
            assertThat(asking.texts(partition("t", 1))).isEqualTo(appended);
            assertThat(await(node.topics().offsets("consumers", "t"))).containsExactly(Map.entry(1, 7L));
        }
        assertThat(append("t", 1, "last").baseOffset()).isEqualTo(90);
    }

    @Test
    void a_topic_that_was_deleted_and_created_again_is_empty_and_its_files_are_gone() throws IOException {
        await(node.topics().create(TopicSpec.of("t", 2)));
        append("t", 0, "old");
        await(node.topics().commit("consumers", "t", Map.of(0, 1L)));
        assertThat(partitionDirectories()).hasSize(2);
        await(node.topics().delete("t"));
        assertThat(partitionDirectories()).isEmpty();
        assertThat(await(asking.append(partition("t", 0), "lost")))
                .isInstanceOfSatisfying(NotStored.class, reply -> assertThat(reply.error())
                        .isInstanceOf(PartitionError.NoSuchPartition.class));
        await(node.topics().create(TopicSpec.of("t", 2)));
        assertThat(await(node.topics().offsets("consumers", "t"))).isEmpty();
        assertThat(append("t", 0, "new").baseOffset()).isZero();
        restart();
        assertThat(asking.texts(partition("t", 0))).containsExactly("new");
        assertThat(partitionDirectories()).hasSize(2);
    }

    private List<Path> partitionDirectories() throws IOException {
        try (Stream<Path> all = Files.walk(directory.resolve("partitions"), 2)) {
            return all.filter(path -> path.getFileName().toString().matches("\\d+-\\d+"))
                    .toList();
        }
    }

    @Test
    void a_batch_of_a_producer_that_is_sent_again_is_stored_once_after_a_restart_too() throws IOException {
        await(node.topics().create(TopicSpec.of("t", 1)));
        Producer producer = new Producer(5, (short) 0, 0);
        assertThat(await(asking.<AppendReply>ask(
                        partition("t", 0), r -> new Append(List.of(Asking.record("once")), producer, r))))
                .isEqualTo(new Appended(0, 0, false));
        restart();
        assertThat(await(asking.<AppendReply>ask(
                        partition("t", 0), r -> new Append(List.of(Asking.record("once")), producer, r))))
                .isEqualTo(new Appended(0, 0, true));
        assertThat(await(asking.<AppendReply>ask(
                        partition("t", 0),
                        r -> new Append(List.of(Asking.record("gap")), new Producer(5, (short) 0, 9), r))))
                .isInstanceOfSatisfying(NotStored.class, reply -> assertThat(reply.error())
                        .isInstanceOf(PartitionError.OutOfSequence.class));
        assertThat(asking.texts(partition("t", 0))).containsExactly("once");
    }

    @Test
    void a_read_waits_for_a_record_and_a_subscriber_is_told_of_it() {
        await(node.topics().create(TopicSpec.of("t", 1)));
        CompletionStage<ReadReply> read =
                asking.ask(partition("t", 0), r -> new PartitionActor.Read(0, 1_000, Duration.ofSeconds(20), r));
        CompletionStage<PartitionActor.TailReply> tail =
                asking.ask(partition("t", 0), r -> new PartitionActor.Subscribe(0, r));
        append("t", 0, "late");
        assertThat(((Records) await(read)).records()).hasSize(1);
        assertThat(await(tail)).isEqualTo(new PartitionActor.Tail(0, 1, 1));
        assertThat(((Records) asking.read(partition("t", 0), 1, Duration.ofMillis(50))).records())
                .isEmpty();
        assertThat(asking.read(partition("t", 0), 2, Duration.ZERO)).isInstanceOf(PartitionActor.ReadFailed.class);
    }

    @Test
    void settings_change_while_records_are_kept() {
        await(node.topics().create(TopicSpec.of("t", 1)));
        append("t", 0, "a".repeat(300));
        TopicDescription altered = await(node.topics()
                .alter(
                        "t",
                        new TopicChange(
                                Optional.of(OptionalLong.of(5)),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.of(Compression.LZ4),
                                OptionalLong.of(1024))));
        assertThat(altered.settings().compression()).isEqualTo(Compression.LZ4);
        assertThat(altered.settings().segmentBytes()).isEqualTo(1024);
        append("t", 0, "b".repeat(300));
        assertThat(asking.readAll(partition("t", 0)))
                .extracting(r -> r.value().length)
                .contains(300);
        assertThat(await(node.topics().describe("t")).orElseThrow()).isEqualTo(altered);
    }

    private long logStartOffset(String topic, int partition) {
        PartitionActor.TailReply tail = await(asking.<PartitionActor.TailReply>ask(
                partition(topic, partition), replyTo -> new PartitionActor.Subscribe(-1, replyTo)));
        return ((PartitionActor.Tail) tail).logStartOffset();
    }

    @Test
    void retention_lets_the_oldest_segments_go() {
        TopicSettings small =
                new TopicSettings(OptionalLong.empty(), OptionalLong.of(3_000), false, Compression.NONE, 1024);
        await(node.topics().create(new TopicSpec("t", 1, small)));
        for (int i = 0; i < 40; i++) {
            append("t", 0, i + "x".repeat(400));
        }
        Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(logStartOffset("t", 0))
                .isBetween(25L, 38L));
    }

    @Test
    void what_cannot_be_is_refused_with_a_stable_code() {
        await(node.topics().create(TopicSpec.of("t", 2)));
        assertThatThrownBy(() -> await(node.topics().create(TopicSpec.of("t", 2))))
                .satisfies(code("topic-exists"));
        assertThatThrownBy(() -> await(node.topics().delete("none"))).satisfies(code("no-such-topic"));
        assertThatThrownBy(() -> await(node.topics().commit("g", "t", Map.of(2, 1L))))
                .satisfies(code("no-such-partition"));
        assertThatThrownBy(() -> await(node.topics().commit("g", "t", Map.of(1, -1L))))
                .satisfies(code("invalid-request"));
        assertThatThrownBy(() -> TopicSpec.of("../t", 1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(await(asking.append(partition("t", 2), "x"))).isInstanceOf(NotStored.class);
        assertThat(await(asking.append(partition("t", 0), "x".repeat(4 << 20))))
                .isInstanceOfSatisfying(NotStored.class, reply -> assertThat(reply.error())
                        .isInstanceOf(PartitionError.BatchTooLarge.class));
        assertThat(await(asking.<PartitionActor.RollReply>ask(partition("t", 0), PartitionActor.Roll::new)))
                .isInstanceOf(PartitionActor.Failure.class);
    }

    private static org.assertj.core.api.ThrowingConsumer<Throwable> code(String code) {
        return failure ->
                assertThat(((ClusterException) failure).error().code()).isEqualTo(code);
    }

    @Test
    void a_second_node_on_the_same_directory_and_one_of_another_cluster_are_refused() throws IOException {
        assertThatThrownBy(() -> ClusterNode.start(actorSystem, settings)).hasMessageContaining("another process");
        node.close();
        assertThatThrownBy(() -> ClusterNode.start(actorSystem, settings.withGroups(5)))
                .hasMessageContaining("forms no other cluster");
        open();
        assertThat(node.topics().describeCluster().groups()).hasSize(2).allSatisfy(group -> assertThat(group.leader())
                .contains(node.nodeId()));
    }

    /** A crash between joining a group and the first entry of its log leaves a group that does not know who is in it. */
    @Test
    void a_group_that_had_noted_down_no_members_yet_starts_with_those_of_the_cluster() throws IOException {
        node.close();
        try (Stream<Path> raft = Files.walk(directory.resolve("raft"))) {
            for (Path file : raft.filter(Files::isRegularFile).toList()) {
                String name = file.getFileName().toString();
                if (name.startsWith("log_") || name.equals("raft-meta.conf")) {
                    Files.delete(file);
                }
            }
        }
        try (Stream<Path> states = Files.list(directory.resolve("state"))) {
            for (Path file : states.toList()) {
                Files.delete(file);
            }
        }
        open();
        await(node.topics().create(TopicSpec.of("t", 1)));
        assertThat(append("t", 0, "a").baseOffset()).isZero();
    }

    @Test
    void offsets_are_found_by_time_and_records_deleted_before_an_offset() {
        await(node.topics().create(TopicSpec.of("t", 1)));
        append("t", 0, "a", "b", "c");
        assertThat(await(asking.<PartitionActor.OffsetReply>ask(
                        partition("t", 0), r -> new PartitionActor.OffsetForTimestamp(1_000, r))))
                .isEqualTo(new PartitionActor.OffsetFound(OptionalLong.of(0)));
        assertThat(await(asking.<PartitionActor.DeleteReply>ask(
                        partition("t", 0), r -> new PartitionActor.DeleteBefore(2, r))))
                .isEqualTo(new PartitionActor.Deleted(2));
        assertThat(await(asking.ask(
                        partition("t", 0),
                        (ActorRef<PartitionActor.DeleteReply> r) -> new PartitionActor.DeleteBefore(4, r))))
                .isInstanceOf(PartitionActor.Failure.class);
        assertThat(((Records) asking.read(partition("t", 0), 2, Duration.ZERO)).records())
                .hasSize(1);
    }

    @Test
    void a_replica_whose_vote_was_lost_to_a_full_disk_goes_on_in_a_term_in_which_it_has_not_voted() throws IOException {
        await(node.topics().create(TopicSpec.of("t", 1)));
        append("t", 0, "a");
        int groups = 1 + node.topics().describeCluster().groups().size();
        node.close();
        int emptied = 0;
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(each -> each.endsWith("raft-meta")).toList()) {
                Files.write(file, new byte[0]);
                emptied++;
            }
        }
        assertThat(emptied).isEqualTo(groups);
        open();
        assertThat(append("t", 0, "b")).isEqualTo(new Appended(1, 1));
        assertThat(asking.texts(partition("t", 0))).containsExactly("a", "b");
        assertThat(node.topics().describeCluster().groups())
                .allSatisfy(group -> assertThat(group.term()).isGreaterThan(1_000_000));
    }
}
