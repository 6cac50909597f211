package dev.varve.cluster;

import java.util.List;
import java.util.Objects;

/**
 * A topic at one moment.
 *
 * @param id never given to another topic, one of the same name included
 * @param partitions its partitions by their numbers, from 0
 */
public record TopicDescription(String name, long id, TopicSettings settings, List<Partition> partitions) {
    public TopicDescription {
        Objects.requireNonNull(settings, "settings");
        partitions = List.copyOf(partitions);
    }

    /**
     * A partition, and which Raft group it is in; {@link ClusterDescription#groups()} tells who leads that.
     *
     * @param partition its number, from 0
     * @param group the number of the group
     */
    public record Partition(int partition, int group) {}
}
