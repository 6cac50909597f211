package dev.varve.server.client;

import dev.varve.cluster.TopicSettings;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A topic at one moment, as the node that was asked sees it.
 *
 * @param id never given to another topic, one of the same name included
 * @param partitions its partitions by their numbers, from 0
 * @param consumers what groups of consumers have committed for it
 */
public record Topic(
        String name, long id, TopicSettings settings, List<Partition> partitions, List<Consumer> consumers) {
    public Topic {
        partitions = List.copyOf(partitions);
        consumers = List.copyOf(consumers);
    }

    /**
     * What a group of consumers has committed for a partition.
     *
     * @param offset where it goes on
     * @param lag how many offsets there are from there to the high watermark; 0 while that is not known
     */
    public record Consumer(String group, int partition, long offset, long lag) {}

    /**
     * A partition.
     *
     * @param group the Raft group that it is in
     * @param leader the node that leads it, if that is known
     * @param replicas the nodes that have it
     * @param lag how many committed entries of the group each of these nodes has yet to get, as far as is known
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
            SortedMap<String, Long> lag,
            String state,
            String problem,
            long logStartOffset,
            long highWatermark,
            long bytes) {
        public Partition {
            replicas = List.copyOf(replicas);
            lag = Collections.unmodifiableSortedMap(new TreeMap<>(lag));
        }
    }
}
