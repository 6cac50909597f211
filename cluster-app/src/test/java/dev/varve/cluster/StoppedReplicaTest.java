package dev.varve.cluster;

import static dev.varve.cluster.Asking.await;
import static dev.varve.cluster.Asking.awaitReady;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Description;
import dev.varve.partition.PartitionActor.ReadFailed;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.partition.PartitionError;
import dev.varve.partition.PartitionState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replica that has stopped shows what it has, and says that nothing comes behind it here, so that who follows it goes elsewhere. */
class StoppedReplicaTest {
    private static ActorSystem<Void> actorSystem;

    @BeforeAll
    static void startSystem() {
        actorSystem = ActorSystem.create(Behaviors.empty(), "stopped");
    }

    private static final int SNAPSHOT_ENTRIES = 20;

    @TempDir
    Path directory;

    private final Asking asking = new Asking(actorSystem);
    private ClusterNode node;
    private RecipientRef<Command> partition;

    @BeforeEach
    void start() throws IOException {
        node = ClusterNode.start(
                actorSystem,
                ClusterSettings.single(directory, Ports.free(1).get(0)).withSnapshotEntries(SNAPSHOT_ENTRIES));
        awaitReady(node);
        await(node.topics().create(TopicSpec.of("t", 1)));
        partition = node.topics().partition("t", 0);
        await(asking.append(partition, "a", "b"));
        asking.texts(partition);
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    @AfterAll
    static void shutDown() {
        actorSystem.terminate();
    }

    private RaftGroupOnNode<GroupState> group() {
        return node.groups().partitions().stream()
                .filter(group -> !group.state().replicas().isEmpty())
                .findFirst()
                .orElseThrow();
    }

    private void awaitClosed() {
        RaftGroupOnNode<GroupState> group = group();
        Eventually.holds(
                () -> RaftGroupOnNode.info(group.server(), group.raft()).isEmpty(), "the division is closed");
    }

    private void assertStopped(long end) {
        assertThat(asking.read(partition, 0, Duration.ZERO))
                .as("what is committed")
                .isInstanceOf(Records.class);
        assertThat(asking.read(partition, end, Duration.ZERO))
                .isInstanceOfSatisfying(ReadFailed.class, failed -> assertThat(failed.error())
                        .isInstanceOf(PartitionError.Stopped.class));
        Description description =
                await(asking.ask(partition, (ActorRef<Description> replyTo) -> new PartitionActor.Describe(replyTo)));
        assertThat(description.state()).isEqualTo(PartitionState.FAILED);
    }

    @Test
    void who_waits_at_its_end_is_told_that_it_has_stopped() {
        CompletableFuture<PartitionActor.ReadReply> waiting = asking.ask(
                        partition,
                        (ActorRef<PartitionActor.ReadReply> replyTo) ->
                                new PartitionActor.Read(2, 1 << 20, Duration.ofSeconds(1), replyTo))
                .toCompletableFuture();
        group().state().stop(new IOException("sick"));
        assertThat(await(waiting)).isInstanceOf(ReadFailed.class);
        assertStopped(2);
        awaitClosed();
    }

    @Test
    void a_division_that_ratis_closed_by_itself_has_stopped_too() throws IOException {
        group().server().getDivision(group().raft().getGroupId()).close();
        assertThat(group().state().failure()).isNull();
        assertStopped(2);
    }

    @Test
    void a_snapshot_that_cannot_be_written_stops_it() throws IOException {
        // Where the file would be put together.
        Files.createDirectory(directory.resolve("state").resolve("group-" + group().number() + ".tmp"));
        RaftGroupOnNode<GroupState> group = group();
        for (int i = 0; i < 2 * SNAPSHOT_ENTRIES && group.state().failure() == null; i++) {
            await(asking.append(partition, "v" + i));
        }
        awaitClosed();
        assertThat(group.state().failure()).isInstanceOf(IOException.class);
        Replica replica = group.state().replicas().iterator().next();
        assertThat(replica.log().logEndOffset()).isBetween(SNAPSHOT_ENTRIES / 2L, 2L * SNAPSHOT_ENTRIES);
        assertStopped(replica.log().logEndOffset());
    }
}
