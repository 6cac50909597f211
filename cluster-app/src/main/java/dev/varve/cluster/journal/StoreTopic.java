package dev.varve.cluster.journal;

import dev.varve.cluster.ClusterError;
import dev.varve.cluster.ClusterException;
import dev.varve.cluster.ClusterNode;
import dev.varve.cluster.ClusterNodes;
import dev.varve.cluster.TopicCompaction;
import dev.varve.cluster.TopicDescription;
import dev.varve.cluster.TopicService;
import dev.varve.cluster.TopicSpec;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionError;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;

/**
 * The topic of a store: looked for when somebody asks, created if it is not there, and asked of the node that is attached then. Any
 * thread; never blocks.
 */
final class StoreTopic {
    private final ActorSystem<?> system;
    private final TopicSpec spec;

    /** The node of which it is known that the topic is there; null before. */
    private volatile ClusterNode readyNode;

    private CompletableFuture<Void> looking;

    StoreTopic(ActorSystem<?> system, TopicSpec spec) {
        this.system = system;
        this.spec = spec;
    }

    /** Why the topic cannot be used now, as the failure of a stage. */
    static final class UnusableException extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient PartitionError error;

        UnusableException(PartitionError error) {
            super(error.message());
            this.error = error;
        }
    }

    /** A partition of it, if it is known that the topic is as it should be. */
    Optional<RecipientRef<Command>> partitionIfReady(int index) {
        ClusterNode node = readyNode;
        return node != null && ClusterNodes.get(system).filter(node::equals).isPresent()
                ? Optional.of(node.topics().partition(spec.name(), index))
                : Optional.empty();
    }

    /** Completes when the topic is known to be as it should be; what stands in the way is told by {@link #error}. Those who ask at once share the answer. */
    synchronized CompletionStage<Void> ready() {
        if (looking == null || looking.isDone()) {
            looking = look().toCompletableFuture();
        }
        return looking;
    }

    private CompletionStage<Void> look() {
        Optional<ClusterNode> attached = ClusterNodes.get(system);
        if (attached.isEmpty()) {
            return CompletableFuture.failedFuture(new UnusableException(new PartitionError.NotEnoughReplicas(
                    "no node of a cluster is attached to the actor system " + system.name()
                            + ", so topic '" + spec.name() + "' cannot be asked; nothing was done. Start one, and"
                            + " attach it: ClusterNodes.attach(system, node)")));
        }
        ClusterNode node = attached.get();
        TopicService topics = node.topics();
        return topics.describe(spec.name())
                .thenCompose(
                        found -> found.isPresent() ? CompletableFuture.completedFuture(found.get()) : create(topics))
                .thenAccept(topic -> {
                    check(topic);
                    readyNode = node;
                });
    }

    /** Another node may do so at the same time. */
    private CompletionStage<TopicDescription> create(TopicService topics) {
        return topics.create(spec)
                .handle((created, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.completedFuture(created);
                    }
                    return cause(failure) instanceof ClusterException known
                                    && known.error() instanceof ClusterError.TopicExists
                            ? topics.describe(spec.name())
                                    .thenApply(found -> found.orElseThrow(() -> known))
                                    .toCompletableFuture()
                            : CompletableFuture.<TopicDescription>failedFuture(failure);
                })
                .thenCompose(outcome -> outcome);
    }

    private void check(TopicDescription topic) {
        int partitions = topic.partitions().size();
        if (partitions != spec.partitions()) {
            throw new UnusableException(new PartitionError.Invalid("topic '" + spec.name() + "' has " + partitions
                    + " partitions, which never changes, but " + spec.partitions()
                    + " are configured; nothing was done. Set partitions to " + partitions));
        }
        boolean dropsWhatIsNeeded =
                topic.settings().compaction() != spec.settings().compaction()
                        && topic.settings().compaction() != TopicCompaction.UNDELETED;
        if (dropsWhatIsNeeded
                || topic.settings().retentionMs().isPresent()
                || topic.settings().retentionBytes().isPresent()) {
            throw new UnusableException(new PartitionError.Invalid("topic '" + spec.name() + "' has compaction "
                    + topic.settings().compaction() + " and retention "
                    + (topic.settings().retentionMs().isPresent()
                                    || topic.settings().retentionBytes().isPresent()
                            ? "on"
                            : "off")
                    + "; nothing was done. What is stored there stays only with compaction "
                    + spec.settings().compaction() + " and no retention: alter the topic"));
        }
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** What a failure of {@link #ready} means to those who asked a partition. */
    static PartitionError error(Throwable failure) {
        Throwable cause = cause(failure);
        if (cause instanceof UnusableException known) {
            return known.error;
        } else if (cause instanceof ClusterException known && known.error() instanceof ClusterError.Overloaded) {
            return new PartitionError.Overloaded(cause.getMessage());
        } else if (cause instanceof ClusterException) {
            // Whether or not the topic was created meanwhile: nothing that was asked of it was done.
            return new PartitionError.NotEnoughReplicas(cause.getMessage());
        }
        return new PartitionError.Failed("the topic of the store cannot be asked: " + cause);
    }
}
