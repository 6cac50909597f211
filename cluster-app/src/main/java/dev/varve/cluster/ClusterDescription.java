package dev.varve.cluster;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A cluster as one node sees it at one moment: what it knows of others may be out of date.
 *
 * @param clusterId the id that all nodes of the cluster have on their disks
 * @param nodeId the node that tells
 * @param nodes all nodes, that one included, by their ids
 * @param groups the Raft groups of the partitions by their numbers, from 0
 * @param topics the group that holds the topics and where their partitions are
 */
public record ClusterDescription(String clusterId, String nodeId, List<Node> nodes, List<Group> groups, Group topics) {
    public ClusterDescription {
        nodes = List.copyOf(nodes);
        groups = List.copyOf(groups);
    }

    /** How many replicas each group has: one on every node. */
    public int replicationFactor() {
        return nodes.size();
    }

    /** All groups: that with the topics first, the others by their numbers. */
    public Stream<Group> allGroups() {
        return Stream.concat(Stream.of(topics), groups.stream());
    }

    /** How many groups, that with the topics included, a node leads, as far as this node knows. */
    public long leads(String node) {
        return allGroups()
                .filter(group -> group.leader().filter(node::equals).isPresent())
                .count();
    }

    /**
     * A node.
     *
     * @param raftAddress where its replicas are to be reached, as {@code host:port}
     * @param clusterAddress where its clustered actor system is to be reached, as {@code host:port}; empty if that is not known
     * @param http where it speaks HTTP, as a URL; empty if that is not known
     * @param liveness whether it was heard of lately
     * @param isClustered whether its clustered actor system is in one cluster with that of the node that tells, and can be reached
     */
    public record Node(
            String id,
            String raftAddress,
            String clusterAddress,
            String http,
            Liveness liveness,
            boolean isClustered) {}

    /** Whether a node was heard of lately. Only a leader hears of the others all the time. */
    public enum Liveness {
        ALIVE,
        SILENT,
        /** This node leads no group, so it hears only of the leaders. */
        UNKNOWN
    }

    /**
     * A Raft group.
     *
     * @param group its number; -1 of the one with the topics
     * @param leader the id of the node that leads it, as far as this node knows
     * @param term the term of this node's replica
     * @param replicas the ids of the nodes that have a replica
     * @param appliedIndex up to which entry of its log this node's replica has got
     */
    public record Group(int group, Optional<String> leader, long term, List<String> replicas, long appliedIndex) {
        public Group {
            replicas = List.copyOf(replicas);
        }

        /** What people know it by: its number, or {@code topics}. */
        public String name() {
            return group < 0 ? "topics" : Integer.toString(group);
        }
    }
}
