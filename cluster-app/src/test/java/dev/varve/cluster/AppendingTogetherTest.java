package dev.varve.cluster;

import static dev.varve.cluster.Asking.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.metrics.ClusterMeter;
import dev.varve.cluster.metrics.GroupFigures;
import dev.varve.cluster.metrics.GroupFigures.ReplicaState;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Appends that are made together share an entry of the Raft log, and what a node measures of its groups. */
class AppendingTogetherTest {
    private final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "together");

    @TempDir
    Path directory;

    private ClusterNode node;

    @BeforeEach
    void start() throws IOException {
        node = ClusterNode.start(
                system, ClusterSettings.single(directory, Ports.free(1).get(0)).withGroups(1));
        await(node.ready());
        await(node.topics().create(TopicSpec.of("t", 10)));
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
        system.terminate();
    }

    private static TopicAppend append(String topic, int partition, String value) {
        return new TopicAppend(topic, partition, List.of(Asking.record(value)), Optional.empty());
    }

    private GroupFigures group() {
        return node.topics().figures().get(1);
    }

    @Test
    void appends_to_many_partitions_become_one_entry() {
        long before = group().appliedIndex();
        List<TopicAppend> appends = new ArrayList<>();
        for (int partition = 0; partition < 10; partition++) {
            appends.add(append("t", partition, "v" + partition));
        }
        for (CompletionStage<AppendReply> reply : node.topics().append(appends)) {
            assertThat(await(reply)).isEqualTo(new Appended(0, 0));
        }
        assertThat(group().appliedIndex()).isEqualTo(before + 1);
        Asking asking = new Asking(system);
        assertThat(asking.texts(node.topics().partition("t", 7))).containsExactly("v7");
    }

    @Test
    void an_append_that_goes_nowhere_leaves_the_others_alone() {
        List<CompletionStage<AppendReply>> replies = node.topics()
                .append(List.of(
                        append("t", 0, "a"), append("none", 0, "b"), append("t", 10, "c"), append("t", 0, "d")));
        assertThat(await(replies.get(0))).isEqualTo(new Appended(0, 0));
        assertThat(((NotStored) await(replies.get(1))).error()).isInstanceOf(PartitionError.NoSuchPartition.class);
        assertThat(((NotStored) await(replies.get(2))).error()).isInstanceOf(PartitionError.NoSuchPartition.class);
        assertThat(await(replies.get(3))).isEqualTo(new Appended(1, 1));
    }

    @Test
    void each_entry_each_sync_and_what_was_in_it_is_told() {
        ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<Integer> synced = new ConcurrentLinkedQueue<>();
        node.measure(new ClusterMeter() {
            @Override
            public void written(int group, long nanos) {
                told.add("written " + group);
            }

            @Override
            public void applied(int group, int commands, int records, int bytes, long nanos) {
                told.add("applied " + group + ": " + commands + " commands, " + records + " records");
            }

            @Override
            public void synced(int group, long nanos) {
                synced.add(group);
            }
        });
        node.topics().append(List.of(append("t", 0, "a"), append("t", 1, "b"))).forEach(Asking::await);
        await(node.topics().commit("billing", "t", Map.of(0, 1L)));
        assertThat(told)
                .containsExactly(
                        "applied 0: 2 commands, 2 records",
                        "written 0",
                        "applied -1: 1 commands, 0 records",
                        "written -1");
        assertThat(synced).contains(0, -1);
        assertThat(node.topics().consumers("t")).isEqualTo(Map.of("billing", Map.of(0, 1L)));
        GroupFigures group = group();
        assertThat(group.state()).isEqualTo(ReplicaState.LEADER);
        assertThat(group.logEndIndex()).isEqualTo(group.appliedIndex()).isEqualTo(group.committedIndex());
        assertThat(group.waitingCommands()).isZero();
        assertThat(group.replicas()).containsExactly(new GroupFigures.Replica(node.nodeId(), 0));
    }
}
