package dev.varve.cluster;

import static dev.varve.cluster.Asking.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cluster.sharding.PartitionSharding;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.LocalAppend;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.partition.PartitionError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes, each with a member of a Pekko cluster, and a member that only sends. */
class ShardedEntitiesTest {
    private static final int GROUPS = 3;

    @TempDir
    static Path directory;

    private static ActorSystem<Void> actorSystem;

    @BeforeAll
    static void startSystem() {
        actorSystem = ActorSystem.create(Behaviors.empty(), "nodes");
    }

    private static final Map<String, ClusterNode> NODES = new LinkedHashMap<>();
    private static final Map<String, ShardedMember> MEMBERS = new LinkedHashMap<>();
    private static ShardedMember sender;

    @BeforeAll
    static void start() throws IOException {
        Map<String, String> addresses = new TreeMap<>();
        List<String> free = Ports.free(3);
        for (int i = 0; i < 3; i++) {
            addresses.put("n" + (i + 1), free.get(i));
        }
        for (String id : addresses.keySet()) {
            NODES.put(
                    id,
                    ClusterNode.start(
                            actorSystem,
                            ClusterSettings.of(directory.resolve(id), id, addresses)
                                    .withGroups(GROUPS)
                                    .withRequestTimeout(Duration.ofSeconds(8))));
        }
        for (ClusterNode node : NODES.values()) {
            Eventually.isReady(node);
        }
        NODES.forEach((id, node) -> MEMBERS.put(id, ShardedMember.host(node)));
        ShardedMember seed = MEMBERS.get("n1");
        MEMBERS.values().forEach(member -> member.join(seed));
        sender = ShardedMember.sender(GROUPS).join(seed);
    }

    @AfterAll
    static void stop() throws IOException {
        sender.close();
        for (ShardedMember member : MEMBERS.values()) {
            member.close();
        }
        for (ClusterNode node : NODES.values()) {
            node.close();
        }
        actorSystem.terminate();
    }

    private static TopicDescription create(String topic, int partitions) {
        return await(NODES.get("n2").topics().create(TopicSpec.of(topic, partitions)));
    }

    private static List<ShardedMember> all() {
        List<ShardedMember> all = new ArrayList<>(MEMBERS.values());
        all.add(sender);
        return all;
    }

    /** The shards that should be on each node. */
    static Map<String, Set<String>> led(ClusterNode node, Set<String> among) {
        Map<String, Set<String>> led = new TreeMap<>();
        node.topics().describeCluster().groups().forEach(group -> group.leader()
                .filter(leader -> among.contains(Integer.toString(group.group())))
                .ifPresent(leader ->
                        led.computeIfAbsent(leader, any -> new TreeSet<>()).add(Integer.toString(group.group()))));
        return led;
    }

    static Map<String, Set<String>> hosted(Map<String, ShardedMember> members) {
        Map<String, Set<String>> hosted = new TreeMap<>();
        members.forEach((id, member) -> {
            Set<String> shards = member.shards();
            if (!shards.isEmpty()) {
                hosted.put(id, shards);
            }
        });
        return hosted;
    }

    @Test
    void an_entity_answers_every_member_and_lives_where_the_leader_of_its_group_is() {
        create("my-orders", GROUPS);
        for (int partition = 0; partition < GROUPS; partition++) {
            List<String> expected = new ArrayList<>();
            for (ShardedMember member : all()) {
                String value = partition + "-" + expected.size();
                AppendReply reply = await(member.asking().append(member.entity("my-orders", partition), value));
                assertThat(reply).isEqualTo(new Appended(expected.size(), expected.size()));
                expected.add(value);
            }
            for (ShardedMember member : all()) {
                RecipientRef<PartitionActor.Command> entity = member.entity("my-orders", partition);
                assertThat(await(member.asking().ask(entity, PartitionActor.Flush::new)))
                        .isEqualTo(new PartitionActor.Flushed(expected.size()));
                assertThat(member.asking().texts(entity)).isEqualTo(expected);
            }
        }
        Set<String> shards = Set.of("0", "1", "2");
        Eventually.holds(
                () -> hosted(MEMBERS).equals(led(NODES.get("n1"), shards)), "each shard is where its leader is");
    }

    @Test
    void a_topic_is_assigned_to_the_groups_that_every_sender_works_out() {
        TopicDescription topic = create("placed-topic", 7);
        topic.partitions().forEach(partition -> assertThat(partition.group())
                .isEqualTo(Placement.group("placed-topic", partition.partition(), GROUPS)));
    }

    @Test
    void what_does_not_exist_is_refused_wherever_one_asks() {
        create("exists", 1);
        for (ShardedMember member : all()) {
            for (EntityRef<PartitionActor.Command> entity :
                    List.of(member.entity("exists", 1), member.entity("does-not-exist", 0))) {
                assertThat(await(member.asking().append(entity, "x")))
                        .isInstanceOfSatisfying(NotStored.class, refused -> assertThat(refused.error())
                                .isInstanceOf(PartitionError.NoSuchPartition.class));
            }
        }
    }

    /** A pair of a member and an entity that is not on it. */
    private record FarEntity(ShardedMember member, EntityRef<PartitionActor.Command> entity) {}

    private static FarEntity far(String topic) {
        // The sender hosts nothing.
        return new FarEntity(sender, sender.entity(topic, 0));
    }

    @Test
    void a_batch_just_below_the_limit_travels_and_so_does_what_is_read_of_it() {
        create("large", 1);
        FarEntity far = far("large");
        byte[] value = new byte[(3 << 20) - 200];
        new Random(1).nextBytes(value);
        assertThat(await(far.member()
                        .asking()
                        .<AppendReply>ask(
                                far.entity(), replyTo -> new Append(List.of(NewRecord.of(1, value)), replyTo))))
                .isEqualTo(new Appended(0, 0));
        List<LogRecord> read = far.member().asking().readAll(far.entity());
        assertThat(read).hasSize(1);
        assertThat(read.get(0).value()).isEqualTo(value);
        assertThat(await(far.member()
                        .asking()
                        .<AppendReply>ask(
                                far.entity(),
                                replyTo -> new Append(List.of(NewRecord.of(1, new byte[(3 << 20) + 1])), replyTo))))
                .isInstanceOfSatisfying(NotStored.class, refused -> assertThat(refused.error())
                        .isInstanceOf(PartitionError.BatchTooLarge.class));
    }

    @Test
    void what_is_larger_on_the_way_than_in_the_log_comes_in_parts() {
        create("many", 1);
        FarEntity far = far("many");
        NewRecord[] records = new NewRecord[30_000];
        Arrays.fill(records, NewRecord.of(1, new byte[] {7}));
        for (int batch = 0; batch < 6; batch++) {
            assertThat(await(far.member()
                            .asking()
                            .<AppendReply>ask(far.entity(), replyTo -> new Append(List.of(records), replyTo))))
                    .isInstanceOf(Appended.class);
        }
        // All of it is less than a read may take, and more than a message.
        await(far.member().asking().ask(far.entity(), PartitionActor.Flush::new));
        ReadReply first = far.member().asking().read(far.entity(), 0, Duration.ZERO);
        assertThat(first).isInstanceOfSatisfying(Records.class, part -> {
            assertThat(part.records()).hasSizeBetween(40_000, 100_000);
            assertThat(part.nextOffset()).isEqualTo(part.records().size());
        });
        List<LogRecord> all = far.member().asking().readAll(far.entity());
        assertThat(all).hasSize(180_000);
        assertThat(all.get(179_999).offset()).isEqualTo(179_999);
    }

    @Test
    void a_function_is_refused_where_the_entity_is() {
        create("local", 1);
        await(sender.asking().append(sender.entity("local", 0), "a"));
        String shard = Integer.toString(Placement.group("local", 0, GROUPS));
        Eventually.holds(() -> hosted(MEMBERS).equals(led(NODES.get("n1"), hostedShards())), "settled");
        ShardedMember home = MEMBERS.values().stream()
                .filter(member -> member.shards().contains(shard))
                .findAny()
                .orElseThrow();
        CompletableFuture<AppendReply> answer = new CompletableFuture<>();
        home.entity("local", 0).tell(new LocalAppend(List.of(Asking.record("b")), null, answer::complete));
        assertThat(await(answer)).isInstanceOfSatisfying(NotStored.class, refused -> assertThat(refused.error())
                .isInstanceOf(PartitionError.Invalid.class));
    }

    private static Set<String> hostedShards() {
        Set<String> all = new TreeSet<>();
        hosted(MEMBERS).values().forEach(all::addAll);
        return all;
    }

    @Test
    void stop_ends_the_entity_and_not_the_partition() {
        create("stopped", 1);
        EntityRef<PartitionActor.Command> entity = sender.entity("stopped", 0);
        assertThat(await(sender.asking().append(entity, "a"))).isEqualTo(new Appended(0, 0));
        entity.tell(PartitionActor.Stop.INSTANCE);
        Eventually.holds(() -> appendsOnce(entity), "the next entity takes appends");
    }

    /** An append that comes while the old entity ends may be lost. */
    private static boolean appendsOnce(EntityRef<PartitionActor.Command> entity) {
        try {
            return entity.<AppendReply>ask(
                            replyTo -> new Append(List.of(Asking.record("b")), replyTo), Duration.ofSeconds(2))
                    .toCompletableFuture()
                    .join()
                    .equals(new Appended(1, 1));
        } catch (java.util.concurrent.CompletionException e) {
            return false;
        }
    }

    @Test
    void to_begin_twice_is_to_begin_once() {
        ShardedMember member = MEMBERS.get("n1");
        assertThat(PartitionSharding.init(member.system())).isSameAs(PartitionSharding.init(member.system()));
        PartitionSharding.host(member.system(), NODES.get("n1"));
    }

    @Test
    void a_member_is_held_to_its_roles_its_node_and_the_number_of_groups() {
        assertThatThrownBy(() -> PartitionSharding.host(sender.system(), NODES.get("n1")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("nid-n1");
        assertThatThrownBy(() -> PartitionSharding.host(MEMBERS.get("n1").system(), NODES.get("n2")))
                .isInstanceOf(IllegalStateException.class);
        ActorSystem<Void> other = ShardedMember.system(PartitionSharding.forNode(NODES.get("n1"))
                .withValue("varve.cluster.groups", com.typesafe.config.ConfigValueFactory.fromAnyRef(GROUPS + 1)));
        try {
            assertThatThrownBy(() -> PartitionSharding.init(other))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("PartitionSharding.host");
            assertThatThrownBy(() -> PartitionSharding.host(other, NODES.get("n1")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("varve.cluster.groups is 4")
                    .hasMessageContaining("has 3 groups");
        } finally {
            other.terminate();
        }
    }
}
