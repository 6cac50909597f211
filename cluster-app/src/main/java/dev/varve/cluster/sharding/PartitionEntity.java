package dev.varve.cluster.sharding;

import dev.varve.cluster.ClusterNode;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.LocalAppend;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadFailed;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Stop;
import dev.varve.partition.PartitionError;
import dev.varve.partition.Refusal;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityContext;

/**
 * The entity that stands for a partition. It holds nothing: what it is asked it passes on to the node that this JVM has, which
 * answers for the partition whoever leads. So it can end at any moment, for its shard to move, and whatever is under way is
 * answered all the same.
 */
final class PartitionEntity {
    /** What a node needs at most for a read that does not wait. */
    private static final Duration READ_PATIENCE = Duration.ofSeconds(30);

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    private final ActorContext<Object> context;
    private final ActorRef<ClusterSharding.ShardCommand> shard;
    private final Supplier<ClusterNode> node;
    private final PartitionAddress partition;

    /** What the entity tells itself. */
    private enum Own {
        /** Nobody has asked for long. */
        IDLE,
        /** There is no such topic. */
        GONE,
        /** There is, or nobody knows. */
        STAYS
    }

    private PartitionEntity(
            ActorContext<Object> context,
            ActorRef<ClusterSharding.ShardCommand> shard,
            Supplier<ClusterNode> node,
            PartitionAddress partition) {
        this.context = context;
        this.shard = shard;
        this.node = node;
        this.partition = partition;
    }

    /**
     * The entity with this id.
     *
     * @param node the node of this JVM at the moment
     * @param idle after how long a silence it is asked whether there is still such a topic; if not, the entity goes away
     */
    static Behavior<Command> create(EntityContext<Command> entity, Supplier<ClusterNode> node, Duration idle) {
        Optional<PartitionAddress> partition = PartitionAddress.parse(entity.getEntityId());
        if (partition.isEmpty()) {
            return none(entity.getEntityId(), entity.getShard());
        }
        Behavior<Object> all = Behaviors.setup(context -> {
            context.setReceiveTimeout(idle, Own.IDLE);
            return Behaviors.receiveMessage(
                    new PartitionEntity(context, entity.getShard(), node, partition.get())::onMessage);
        });
        return all.narrow();
    }

    /** What an id is answered that names no partition. */
    private static Behavior<Command> none(String entityId, ActorRef<ClusterSharding.ShardCommand> shard) {
        return Behaviors.receive((context, command) -> {
            if (command == Stop.INSTANCE) {
                return Behaviors.stopped();
            }
            Refusal.refuse(
                    command,
                    new PartitionError.NoSuchPartition(
                            "'" + entityId + "' names no partition: it should be the topic, a"
                                    + " hyphen and the number of the partition"));
            shard.tell(new ClusterSharding.Passivate<>(context.getSelf()));
            return Behaviors.same();
        });
    }

    private Behavior<Object> onMessage(Object message) {
        if (message == Stop.INSTANCE) {
            return Behaviors.stopped();
        } else if (message instanceof Command command) {
            onCommand(command);
        } else if (message == Own.IDLE) {
            context.pipeToSelf(
                    node.get().topics().describe(partition.topic()),
                    (topic, failure) -> failure == null && topic.isEmpty() ? Own.GONE : Own.STAYS);
        } else if (message == Own.GONE) {
            shard.tell(new ClusterSharding.Passivate<>(context.getSelf()));
        }
        return Behaviors.same();
    }

    private void onCommand(Command command) {
        if (command instanceof LocalAppend) {
            Refusal.refuse(
                    command,
                    new PartitionError.Invalid("LocalAppend cannot travel, so it is not for an entity, which may be on"
                            + " another node; use Append. Nothing was stored"));
            return;
        }
        // Looked up each time: it is another one when the node was started anew.
        RecipientRef<Command> here = node.get().topics().partition(partition.topic(), partition.partition());
        if (command instanceof Read read && read.replyTo().path().address().hasGlobalScope()) {
            readForElsewhere(here, read);
        } else {
            here.tell(command);
        }
    }

    private void readForElsewhere(RecipientRef<Command> here, Read read) {
        Duration wait = read.maxWait().compareTo(LONGEST_WAIT) < 0 ? read.maxWait() : LONGEST_WAIT;
        AskPattern.<Command, ReadReply>ask(
                        here,
                        replyTo -> new Read(read.offset(), read.maxBytes(), wait, replyTo, read.withoutDeleted()),
                        wait.isNegative() ? READ_PATIENCE : wait.plus(READ_PATIENCE),
                        context.getSystem().scheduler())
                .exceptionally(failure -> new ReadFailed(
                        read.offset(), new PartitionError.Stopped("the node did not answer: " + failure)))
                .thenAccept(reply -> read.replyTo().tell(AnswersToElsewhere.cut(read, reply)));
    }
}
