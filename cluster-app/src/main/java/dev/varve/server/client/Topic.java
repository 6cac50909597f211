package dev.varve.server.client;

import dev.varve.cluster.TopicSettings;
import java.util.List;
import java.util.Optional;

/**
 * A topic at one moment, as the node that was asked sees it.
 *
 * @param id never given to another topic, one of the same name included
 * @param partitions its partitions by their numbers, from 0
 */
public record Topic(String name, long id, TopicSettings settings, List<Partition> partitions) {
    public Topic {
        partitions = List.copyOf(partitions);
    }

    /**
     * A partition.
     *
     * @param group the Raft group that it is in
     * @param leader the node that leads it, if that is known
     * @param replicas the nodes that have it
     * @param state what it is ready for: READY, RECOVERING, READ_ONLY, FAILED, STOPPING, or UNKNOWN if it does not say
     * @param problem why it is not READY, in words; empty when it is
     * @param logStartOffset the least offset that can be read; 0 while it is not known
     * @param highWatermark the offset behind the last one that can be read; 0 while it is not known
     * @param bytes how long its segment files are; 0 while it is not known
     */
    public record Partition(
            int partition,
            int group,
            Optional<String> leader,
            List<String> replicas,
            String state,
            String problem,
            long logStartOffset,
            long highWatermark,
            long bytes) {
        public Partition {
            replicas = List.copyOf(replicas);
        }
    }
}
