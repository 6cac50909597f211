package dev.varve.cluster;

import dev.varve.cluster.metrics.GroupFigures;
import dev.varve.partition.PartitionActor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.RecipientRef;

/**
 * The topics of a cluster, as every node of it answers for all of them. Any thread may call any method, and none blocks.
 *
 * <p>What is changed is on the disks of a majority of the replicas when the stage completes. A stage fails with
 * {@link ClusterException}, whose {@link ClusterError} says why; a change that failed with {@link ClusterError.OutcomeUnknown} may have
 * been made all the same.
 */
public interface TopicService {
    /** The most bytes that a batch of a replicated partition may have, see {@link dev.varve.log.Commit#batchBytes}. */
    int MAX_BATCH_BYTES = 3 << 20;

    /**
     * Creates a topic; its partitions are empty, and ready when the stage completes.
     *
     * @return fails with {@link ClusterError.TopicExists} if there is one of that name, and with {@link ClusterError.InvalidRequest}
     */
    CompletionStage<TopicDescription> create(TopicSpec spec);

    /** The topic of that name, with whatever was created before the call; empty if there is none. */
    CompletionStage<Optional<TopicDescription>> describe(String topic);

    /** All topics in the order of their names, with whatever was created before the call. */
    CompletionStage<List<TopicDescription>> list();

    /**
     * Changes the settings of a topic.
     *
     * @return the topic as it is then; fails with {@link ClusterError.NoSuchTopic}
     */
    CompletionStage<TopicDescription> alter(String topic, TopicChange change);

    /**
     * Deletes a topic, its records and the offsets that were committed for it. A topic of the same name that is created later is another
     * one, and empty.
     *
     * @return fails with {@link ClusterError.NoSuchTopic}
     */
    CompletionStage<Void> delete(String topic);

    /**
     * Where a partition of a topic is to be asked, from any node; it finds the leader by itself and survives that it moves.
     *
     * <p>It answers as {@link PartitionActor} does, with these differences. {@code Appended} means stored on the disks of a majority.
     * {@code OutcomeUnknown} is the answer when no majority confirmed in time; an append that names its producer may be sent again then.
     * {@code DeleteBefore} is replicated as an append is. {@code Read} and {@code Subscribe} are answered from the replica of this
     * node, so they may lag behind an append elsewhere, but never show what is not committed, and an offset that this node has not heard
     * of yet is asked of the leader before it is refused; {@code OffsetForTimestamp} knows of all that was appended before. What has to do
     * with keys is refused with {@code Invalid} if the topic is not compacted. Looking a key up, and reading of a key or listing keys from
     * the beginning, knows of all that was stored before. A deletion by key says nothing of the key's highest sequence but what its
     * {@code toSequence} says. A condition is refused with {@code Invalid} where the log start offset was raised. {@code Roll} is refused
     * with {@code Invalid}. {@code Stop} does nothing, for nobody stops a replica
     * in this way.
     *
     * <p>A topic or partition that does not exist is refused with {@code PartitionError.NoSuchPartition}, and what needs a majority that
     * is not there with {@code PartitionError.NotEnoughReplicas}.
     */
    RecipientRef<PartitionActor.Command> partition(String topic, int partition);

    /**
     * Appends to several partitions at a time, which costs less than to ask each of them. What becomes of one append does not depend on the
     * others.
     *
     * @return in the same order; a stage is answered as by the partition, and does not fail. Completed by threads that have other things
     *     to do
     */
    List<CompletionStage<PartitionActor.AppendReply>> append(List<TopicAppend> appends);

    /**
     * The offsets that a group of consumers has committed for a topic, by partition; what was committed before the call is among them.
     * Empty if there are none.
     *
     * @return fails with {@link ClusterError.NoSuchTopic}
     */
    CompletionStage<Map<Integer, Long>> offsets(String group, String topic);

    /**
     * Commits offsets of a group of consumers: of the partitions that are named, the others stay as they are.
     *
     * @param offsets the offset to go on from, 0 or more, by partition
     * @return fails with {@link ClusterError.NoSuchTopic}, {@link ClusterError.NoSuchPartition} and {@link ClusterError.InvalidRequest}
     */
    CompletionStage<Void> commit(String group, String topic, Map<Integer, Long> offsets);

    /** The cluster as this node sees it at the moment. */
    ClusterDescription describeCluster();

    /** All topics in the order of their names, as far as this node knows; asks nobody. */
    List<TopicDescription> known();

    /** How the Raft groups of this node are at the moment, that of the topics first. */
    List<GroupFigures> figures();

    /** What groups of consumers have committed for a topic, by their names and by partition, as far as this node knows. */
    Map<String, Map<Integer, Long>> consumers(String topic);
}
