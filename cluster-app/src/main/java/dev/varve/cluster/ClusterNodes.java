package dev.varve.cluster;

import java.util.Objects;
import java.util.Optional;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;
import org.apache.pekko.actor.typed.javadsl.Adapter;

/**
 * The node that this JVM has, for whoever finds it by the actor system: the stores of an application that persists on replicated partitions.
 * Any thread may call any method, and none blocks.
 */
public final class ClusterNodes implements Extension {
    private static final ExtensionId<ClusterNodes> ID = new ExtensionId<>() {
        @Override
        public ClusterNodes createExtension(ActorSystem<?> system) {
            return new ClusterNodes();
        }
    };

    private volatile ClusterNode node;

    private ClusterNodes() {}

    /**
     * Tells an actor system of the node of its JVM, which may use this system or another one; again when the node was closed and started
     * anew. The application closes the node, after whoever uses it has ended.
     */
    public static void attach(ClassicActorSystemProvider system, ClusterNode node) {
        of(system).node = Objects.requireNonNull(node, "node");
    }

    /** The node that an actor system was told of last; empty if it was told of none yet. */
    public static Optional<ClusterNode> get(ClassicActorSystemProvider system) {
        return Optional.ofNullable(of(system).node);
    }

    private static ClusterNodes of(ClassicActorSystemProvider system) {
        return ID.apply(Adapter.toTyped(system.classicSystem()));
    }
}
