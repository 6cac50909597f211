package dev.varve.cluster.journal;

import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Flush;
import dev.varve.partition.PartitionActor.FlushReply;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.Subscribe;
import dev.varve.partition.PartitionError;
import dev.varve.partition.Refusal;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Stands in front of a partition of a store's topic. What comes before the topic is known to be there waits for that, or is refused with the
 * reason. Questions that must know of everything that was stored before, on whichever node (how far the partition goes, what is there
 * now), are asked when this node's replica has it; who waits for more is answered as it comes.
 */
final class PartitionFront {
    private static final int MAX_WAITING = 10_000;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ActorContext<Object> context;
    private final StoreTopic topic;
    private final int index;
    private final Queue<Command> waiting = new ArrayDeque<>();

    /** What the actor tells itself: the topic is there, or why not. */
    private record Looked(Throwable failure) {}

    /** The replica has everything that was stored when a command came, or why that is not known. */
    private record Latest(Command command, PartitionError error) {}

    private PartitionFront(ActorContext<Object> context, StoreTopic topic, int index) {
        this.context = context;
        this.topic = topic;
        this.index = index;
    }

    static Behavior<Object> create(StoreTopic topic, int index) {
        return Behaviors.setup(context -> new PartitionFront(context, topic, index).behavior());
    }

    private Behavior<Object> behavior() {
        return Behaviors.receiveMessage(message -> {
            if (message == PartitionActor.Stop.INSTANCE) {
                refuseAll(new PartitionError.Stopped("the store is closed; what was acknowledged is kept"));
                return Behaviors.stopped();
            } else if (message instanceof Looked looked) {
                looked(looked.failure());
            } else if (message instanceof Latest latest) {
                latest(latest);
            } else {
                take((Command) message);
            }
            return Behaviors.same();
        });
    }

    private void take(Command command) {
        Optional<RecipientRef<Command>> partition = topic.partitionIfReady(index);
        if (partition.isPresent() && waiting.isEmpty()) {
            pass(partition.get(), command);
        } else if (waiting.size() >= MAX_WAITING) {
            Refusal.refuse(
                    command,
                    new PartitionError.Overloaded(MAX_WAITING
                            + " wait for the topic of the store already; nothing was done, try again later"));
        } else {
            waiting.add(command);
            if (waiting.size() == 1) {
                context.pipeToSelf(topic.ready(), (done, failure) -> new Looked(failure));
            }
        }
    }

    private void looked(Throwable failure) {
        Optional<RecipientRef<Command>> partition = topic.partitionIfReady(index);
        if (failure == null && partition.isPresent()) {
            waiting.forEach(command -> pass(partition.get(), command));
            waiting.clear();
        } else {
            refuseAll(
                    failure == null
                            ? new PartitionError.NotEnoughReplicas(
                                    "another node was just attached; nothing was done, try again")
                            : StoreTopic.error(failure));
        }
    }

    private void refuseAll(PartitionError error) {
        waiting.forEach(command -> Refusal.refuse(command, error));
        waiting.clear();
    }

    private void pass(RecipientRef<Command> partition, Command command) {
        boolean wantsLatest = (command instanceof Read read && read.maxWait().isZero())
                || (command instanceof Subscribe subscribe && subscribe.knownEndOffset() < 0);
        if (!wantsLatest) {
            partition.tell(command);
            return;
        }
        context.ask(FlushReply.class, partition, PATIENCE, Flush::new, (reply, failure) -> {
            if (failure != null) {
                return new Latest(
                        command,
                        new PartitionError.NotEnoughReplicas(
                                "what was stored before could not be found out: " + failure.getMessage()));
            }
            return new Latest(command, reply instanceof PartitionActor.Failure refused ? refused.error() : null);
        });
    }

    private void latest(Latest latest) {
        Optional<RecipientRef<Command>> partition = topic.partitionIfReady(index);
        if (latest.error() == null && partition.isPresent()) {
            partition.get().tell(latest.command());
        } else {
            Refusal.refuse(
                    latest.command(),
                    latest.error() == null
                            ? new PartitionError.NotEnoughReplicas("another node was just attached; try again")
                            : latest.error());
        }
    }
}
