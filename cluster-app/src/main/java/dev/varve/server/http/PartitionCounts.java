package dev.varve.server.http;

import dev.varve.cluster.ClusterError;
import dev.varve.cluster.ClusterException;
import dev.varve.cluster.TopicService;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * How many partitions a topic has, asked for at most once a second, for it costs a question to the cluster and never changes as long as
 * the topic lives. Any thread.
 */
final class PartitionCounts {
    private static final long TRUSTED_NANOS = Duration.ofSeconds(1).toNanos();

    /** Beyond it all is forgotten and asked for again. */
    private static final int MAX_TOPICS = 10_000;

    private final TopicService topics;
    private final ConcurrentMap<String, Count> counts = new ConcurrentHashMap<>();

    PartitionCounts(TopicService topics) {
        this.topics = topics;
    }

    private record Count(int partitions, long askedNanos) {}

    /** Fails with {@link ClusterError.NoSuchTopic}. */
    CompletionStage<Integer> of(String topic) {
        long now = System.nanoTime();
        Count known = counts.get(topic);
        if (known != null && now - known.askedNanos() < TRUSTED_NANOS) {
            return CompletableFuture.completedStage(known.partitions());
        }
        return topics.describe(topic).thenApply(found -> {
            int partitions = found.orElseThrow(() -> new ClusterException(new ClusterError.NoSuchTopic(topic)))
                    .partitions()
                    .size();
            if (counts.size() >= MAX_TOPICS) {
                counts.clear();
            }
            counts.put(topic, new Count(partitions, now));
            return partitions;
        });
    }

    /** The topic was changed by this node, or is not what it was thought to be. */
    void forget(String topic) {
        counts.remove(topic);
    }
}
