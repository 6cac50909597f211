package dev.varve.cluster.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.ClusterNode;
import dev.varve.cluster.ClusterSettings;
import dev.varve.cluster.TopicSpec;
import dev.varve.log.format.NewRecord;
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
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An entity beside its node, with a shard that only listens. */
class PartitionEntityTest {
    private static ActorSystem<Void> actorSystem;

    @BeforeAll
    static void startSystem() {
        actorSystem = ActorSystem.create(Behaviors.empty(), "entities");
    }

    private static final Duration SOON = Duration.ofMillis(30);
    private static final Duration LATE = Duration.ofHours(1);

    @TempDir
    static Path directory;

    private static ClusterNode node;

    private final BlockingQueue<ClusterSharding.ShardCommand> toldToShard = new LinkedBlockingQueue<>();

    @BeforeAll
    static void start() throws Exception {
        node = ClusterNode.start(actorSystem, ClusterSettings.single(directory, "127.0.0.1:0"));
        await(node.ready());
        await(node.topics().create(TopicSpec.of("kept", 1)));
    }

    @AfterAll
    static void stop() throws IOException {
        node.close();
        actorSystem.terminate();
    }

    private static <T> T await(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private static <T> ActorRef<T> spawn(Behavior<T> behavior) {
        return actorSystem.systemActorOf(behavior, "test-" + UUID.randomUUID(), Props.empty());
    }

    private ActorRef<Command> entity(String id, Duration idle) {
        ActorRef<ClusterSharding.ShardCommand> shard = spawn(Behaviors.receiveMessage(command -> {
            toldToShard.add(command);
            return Behaviors.same();
        }));
        return spawn(
                PartitionEntity.create(new EntityContext<>(PartitionSharding.TYPE_KEY, id, shard), () -> node, idle));
    }

    private static AppendReply append(ActorRef<Command> entity) throws Exception {
        return await(AskPattern.<Command, AppendReply>ask(
                entity,
                replyTo -> new Append(List.of(NewRecord.of(1, new byte[] {1})), replyTo),
                Duration.ofSeconds(30),
                actorSystem.scheduler()));
    }

    @Test
    void it_stays_however_long_nobody_asks_while_there_is_the_topic() throws Exception {
        ActorRef<Command> entity = entity("kept-0", SOON);
        // Ten times it was asked whether there is, or more.
        assertThat(toldToShard.poll(500, TimeUnit.MILLISECONDS)).isNull();
        assertThat(append(entity)).isInstanceOf(Appended.class);
    }

    @Test
    void it_goes_when_nobody_asks_and_there_is_no_topic() throws Exception {
        ActorRef<Command> entity = entity("gone-0", SOON);
        assertThat(toldToShard.poll(60, TimeUnit.SECONDS)).isEqualTo(new ClusterSharding.Passivate<>(entity));
    }

    @Test
    void an_id_that_names_no_partition_is_told_so_and_goes() throws Exception {
        ActorRef<Command> entity = entity("nothing", LATE);
        assertThat(append(entity)).isInstanceOfSatisfying(NotStored.class, refused -> {
            assertThat(refused.error()).isInstanceOf(PartitionError.NoSuchPartition.class);
            assertThat(refused.error().message()).contains("'nothing'");
        });
        assertThat(toldToShard.poll(60, TimeUnit.SECONDS)).isEqualTo(new ClusterSharding.Passivate<>(entity));
    }

    @Test
    void what_was_asked_before_it_ends_for_its_shard_to_move_is_answered() throws Exception {
        ActorRef<Command> entity = entity("kept-0", LATE);
        BlockingQueue<AppendReply> answers = new LinkedBlockingQueue<>();
        ActorRef<AppendReply> replyTo = spawn(Behaviors.receiveMessage(reply -> {
            answers.add(reply);
            return Behaviors.same();
        }));
        for (int i = 0; i < 50; i++) {
            entity.tell(new Append(List.of(NewRecord.of(1, new byte[] {1})), replyTo));
        }
        entity.tell(PartitionActor.Stop.INSTANCE);
        for (int i = 0; i < 50; i++) {
            assertThat(answers.poll(60, TimeUnit.SECONDS)).isInstanceOf(Appended.class);
        }
    }
}
