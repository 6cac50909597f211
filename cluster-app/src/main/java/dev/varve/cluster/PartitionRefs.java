package dev.varve.cluster;

import dev.varve.partition.IoExecutors;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Command;
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
 * when nobody has asked it for a while. Any thread.
 */
final class PartitionRefs {
    private static final Duration IDLE = Duration.ofMinutes(10);

    private final ActorSystem<?> system;
    private final IoExecutors executors;
    private final ClusterGroups groups;
    private final Map<Key, ActorRef<Command>> refs = new HashMap<>();
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
        return refs.computeIfAbsent(new Key(topic, partition), key -> {
            created++;
            PartitionRequests requests = new PartitionRequests(topic, partition, groups, executors.reads());
            return system.systemActorOf(behavior(key, requests), names + created, Props.empty());
        });
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
        return Behaviors.stopped();
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** Has all actors end. */
    synchronized void close() {
        closed = true;
        refs.values().forEach(ref -> ref.tell(PartitionActor.Stop.INSTANCE));
    }
}
