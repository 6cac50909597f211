package dev.varve.cluster;

import dev.varve.partition.IoExecutors;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionError;
import dev.varve.partition.Refusal;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The actors that stand for partitions on this node, one for each that was asked for. One of a partition that does not exist goes away
 * when nobody has asked it for a while, and there are only so many of them: beyond that whoever asks for more is told to come back
 * later. Any thread.
 */
final class PartitionRefs {
    /** How many of the partitions that are asked for may be unknown here, at most. */
    static final int MAX_UNKNOWN = 10_000;

    private static final Duration IDLE = Duration.ofMinutes(10);
    private static final PartitionError TOO_MANY = new PartitionError.Overloaded(MAX_UNKNOWN
            + " partitions that this node does not know were asked for lately. Nothing was done; ask again later");

    private final ActorSystem<?> system;
    private final IoExecutors executors;
    private final ClusterGroups groups;
    private final Map<Key, ActorRef<Command>> refs = new HashMap<>();
    /** Those that were unknown when they were last looked at. */
    private final Map<Key, PartitionRequests> unknown = new HashMap<>();
    /** Answers for those that are too many; made when there are any. */
    private ActorRef<Command> overloaded;
    /** Tells the actors of this node from those of others in the same actor system. */
    private final String names = "varve-partition-" + UUID.randomUUID() + "-";

    private long created;
    private boolean closed;

    private record Key(String topic, int partition) {}

    PartitionRefs(ActorSystem<?> system, IoExecutors executors, ClusterGroups groups) {
        this.system = system;
        this.executors = executors;
        this.groups = groups;
    }

    synchronized ActorRef<Command> of(String topic, int partition) {
        Key key = new Key(topic, partition);
        ActorRef<Command> there = refs.get(key);
        if (there != null) {
            return there;
        }
        PartitionRequests requests = new PartitionRequests(topic, partition, groups, executors.reads());
        if (!requests.isKnown()) {
            if (!hasRoomForUnknown()) {
                return overloaded();
            }
            unknown.put(key, requests);
        }
        ActorRef<Command> ref = spawn(behavior(key, requests));
        refs.put(key, ref);
        return ref;
    }

    private ActorRef<Command> spawn(Behavior<Command> behavior) {
        created++;
        return system.systemActorOf(behavior, names + created, Props.empty());
    }

    private boolean hasRoomForUnknown() {
        if (unknown.size() >= MAX_UNKNOWN) {
            // Some may have been created since.
            unknown.values().removeIf(PartitionRequests::isKnown);
        }
        return unknown.size() < MAX_UNKNOWN;
    }

    private ActorRef<Command> overloaded() {
        if (overloaded == null) {
            overloaded = spawn(Behaviors.receive(Command.class)
                    .onMessageEquals(PartitionActor.Stop.INSTANCE, Behaviors::stopped)
                    .onAnyMessage(command -> {
                        Refusal.refuse(command, TOO_MANY);
                        return Behaviors.same();
                    })
                    .build());
        }
        return overloaded;
    }

    private Behavior<Command> behavior(Key key, PartitionRequests requests) {
        return Behaviors.setup(context -> {
            context.setReceiveTimeout(IDLE, PartitionActor.Stop.INSTANCE);
            return Behaviors.receive(Command.class)
                    .onMessageEquals(
                            PartitionActor.Stop.INSTANCE,
                            () -> requests.isKnown() && !isClosed() ? Behaviors.same() : forget(key))
                    .onAnyMessage(command -> {
                        if (command instanceof PartitionActor.SubscribeToKey subscribe) {
                            // One that waits for a key that is never written again would stay for ever.
                            context.watch(subscribe.replyTo());
                        }
                        requests.handle(command);
                        return Behaviors.same();
                    })
                    .onSignal(Terminated.class, ended -> {
                        requests.forget(ended.getRef());
                        return Behaviors.same();
                    })
                    .build();
        });
    }

    private synchronized Behavior<Command> forget(Key key) {
        refs.remove(key);
        unknown.remove(key);
        return Behaviors.stopped();
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** Has all actors end. */
    synchronized void close() {
        closed = true;
        refs.values().forEach(ref -> ref.tell(PartitionActor.Stop.INSTANCE));
        if (overloaded != null) {
            overloaded.tell(PartitionActor.Stop.INSTANCE);
        }
    }
}
