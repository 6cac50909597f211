package dev.varve.cluster.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import dev.varve.cluster.TopicCompaction;
import dev.varve.cluster.TopicSettings;
import dev.varve.cluster.TopicSpec;
import dev.varve.log.format.Compression;
import dev.varve.persistence.storage.Partitions;
import dev.varve.persistence.storage.PartitionsProvider;
import java.util.OptionalLong;
import org.apache.pekko.actor.ExtendedActorSystem;

/**
 * Stores on replicated partitions: a topic each, of the cluster whose node was attached to the actor system
 * ({@link dev.varve.cluster.ClusterNodes}).
 */
public final class ClusterPartitionsProvider implements PartitionsProvider {
    /** Of a new store, if nobody says otherwise; they go round the groups, and so round the nodes. */
    static final int DEFAULT_PARTITIONS = 4;

    private static final String TOPIC = "topic";

    @Override
    public String name(StoreSpec store) {
        return store.settings().getString(TOPIC);
    }

    @Override
    public Partitions open(ExtendedActorSystem system, StoreSpec store) {
        Config log = store.varve().getConfig("log");
        int partitions = store.partitions() == 0 ? DEFAULT_PARTITIONS : store.partitions();
        TopicSpec topic;
        try {
            TopicSettings settings = new TopicSettings(
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    TopicCompaction.named(log.getString("compaction.keep")),
                    Compression.named(log.getString("compression")),
                    log.getBytes("segment-bytes"));
            topic = new TopicSpec(name(store), partitions, settings);
        } catch (IllegalArgumentException e) {
            throw new ConfigException.Generic(
                    "the topic for the " + store.kind() + " cannot be as it is configured: " + e.getMessage(), e);
        }
        if (topic.settings().compaction() == TopicCompaction.OFF) {
            throw new ConfigException.Generic("the " + store.kind() + " need log.compaction.keep = undeleted or"
                    + " latest-of-key in the cluster, where only topics that are compacted find records by their keys");
        }
        return ClusterPartitions.open(system, topic, store.varve().getBytes("max-batch-bytes"));
    }
}
