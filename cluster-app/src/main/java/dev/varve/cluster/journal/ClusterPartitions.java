package dev.varve.cluster.journal;

import dev.varve.cluster.TopicService;
import dev.varve.cluster.TopicSpec;
import dev.varve.log.KeyCondition;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.LocalAppend;
import dev.varve.persistence.storage.Partitions;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;

/** The replicated form of the port: each partition is one of a topic, asked through the node of this JVM. */
final class ClusterPartitions implements Partitions {
    private final StoreTopic topic;
    private final int maxBatchBytes;
    private final List<ActorRef<Command>> fronts;

    private ClusterPartitions(StoreTopic topic, int maxBatchBytes, List<ActorRef<Command>> fronts) {
        this.topic = topic;
        this.maxBatchBytes = maxBatchBytes;
        this.fronts = List.copyOf(fronts);
    }

    /**
     * Partitions of a topic that is created when it is first asked for something.
     *
     * @param configuredMaxBatchBytes the limit for a batch, if it is less than that of replicated partitions
     */
    static ClusterPartitions open(ExtendedActorSystem classic, TopicSpec spec, long configuredMaxBatchBytes) {
        ActorSystem<Void> system = Adapter.toTyped(classic);
        StoreTopic topic = new StoreTopic(system, spec);
        List<ActorRef<Command>> fronts = IntStream.range(0, spec.partitions())
                .mapToObj(index -> system.systemActorOf(
                                PartitionFront.create(topic, index),
                                "varve-topic-" + spec.name() + "-" + index,
                                Props.empty())
                        .<Command>narrow())
                .toList();
        int maxBatchBytes = (int) Math.min(configuredMaxBatchBytes, TopicService.MAX_BATCH_BYTES);
        return new ClusterPartitions(topic, maxBatchBytes, fronts);
    }

    @Override
    public int count() {
        return fronts.size();
    }

    @Override
    public int maxBatchBytes() {
        return maxBatchBytes;
    }

    @Override
    public boolean isShared() {
        return true;
    }

    @Override
    public RecipientRef<Command> partition(int index) {
        return fronts.get(index);
    }

    /** Straight to the partition once the topic is known to be there; else behind what waits in front of it. */
    @Override
    public void append(int index, List<NewRecord> records, KeyCondition condition, Consumer<AppendReply> reply) {
        LocalAppend append = new LocalAppend(records, Objects.requireNonNull(condition), reply);
        topic.partitionIfReady(index).ifPresentOrElse(partition -> partition.tell(append), () -> fronts.get(index)
                .tell(append));
    }

    @Override
    public CompletionStage<Done> close() {
        fronts.forEach(front -> front.tell(PartitionActor.Stop.INSTANCE));
        return CompletableFuture.completedFuture(Done.getInstance());
    }
}
