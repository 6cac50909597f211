package dev.varve.cluster;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a node of a cluster needs to know. Immutable; start from {@link #single} or {@link #of} and change what matters. The name, the ids
 * of the nodes and the number of groups are fixed when the cluster is made: a node whose directory says otherwise refuses to start.
 *
 * @param directory where everything of the node lies; created if it is not there
 * @param clusterName tells clusters apart whose nodes have the same ids
 * @param nodeId which of the nodes this one is; empty for the only node of a cluster, which makes up an id of its own
 * @param nodes where the replicas of each node are to be reached, as {@code host:port}, by the ids of the nodes; each node has a replica of
 *     every group
 * @param groups how many Raft groups the partitions share, 1 to {@link #MAX_GROUPS}; each costs about four threads and an election
 * @param requestTimeout how long a majority may take to confirm something before the answer is that nobody knows
 * @param snapshotEntries after how many entries of a group's Raft log the partitions are synced, so that the log can be cut; 1 or more
 * @param logLimits the same in bytes, and how large the Raft logs get
 */
public record ClusterSettings(
        Path directory,
        String clusterName,
        Optional<String> nodeId,
        SortedMap<String, String> nodes,
        int groups,
        Duration requestTimeout,
        int snapshotEntries,
        RaftLogLimits logLimits) {
    public static final int MAX_GROUPS = 64;

    public ClusterSettings {
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(clusterName, "clusterName");
        Objects.requireNonNull(logLimits, "logLimits");
        nodes = Collections.unmodifiableSortedMap(new TreeMap<>(nodes));
        nodes.values().forEach(ClusterSettings::socketAddress);
        if (nodes.isEmpty()) {
            throw new IllegalArgumentException("a cluster has one node at least");
        }
        if (nodeId.isEmpty() && nodes.size() > 1) {
            throw new IllegalArgumentException("which of the nodes " + nodes.keySet() + " this one is must be said");
        }
        if (nodeId.isPresent() && !nodes.containsKey(nodeId.get())) {
            throw new IllegalArgumentException("node '" + nodeId.get() + "' is not among the nodes " + nodes.keySet());
        }
        if (groups < 1 || groups > MAX_GROUPS) {
            throw new IllegalArgumentException("groups must be from 1 to " + MAX_GROUPS + ", not " + groups);
        }
        if (requestTimeout.isNegative() || requestTimeout.isZero()) {
            throw new IllegalArgumentException("the request timeout must be more than zero, not " + requestTimeout);
        }
        if (snapshotEntries < 1) {
            throw new IllegalArgumentException("snapshotEntries must be 1 or more, not " + snapshotEntries);
        }
    }

    /** The node that is a cluster alone. */
    public static ClusterSettings single(Path directory, String raftAddress) {
        return new ClusterSettings(
                directory,
                "varve",
                Optional.empty(),
                new TreeMap<>(Map.of("self", raftAddress)),
                2,
                Duration.ofSeconds(10),
                2_000,
                RaftLogLimits.DEFAULT);
    }

    /** One of several nodes, all of which are given the same addresses by the same ids. */
    public static ClusterSettings of(Path directory, String nodeId, Map<String, String> nodes) {
        return new ClusterSettings(
                directory,
                "varve",
                Optional.of(nodeId),
                new TreeMap<>(nodes),
                4,
                Duration.ofSeconds(10),
                2_000,
                RaftLogLimits.DEFAULT);
    }

    public ClusterSettings withGroups(int number) {
        return new ClusterSettings(
                directory, clusterName, nodeId, nodes, number, requestTimeout, snapshotEntries, logLimits);
    }

    public ClusterSettings withRequestTimeout(Duration timeout) {
        return new ClusterSettings(directory, clusterName, nodeId, nodes, groups, timeout, snapshotEntries, logLimits);
    }

    public ClusterSettings withSnapshotEntries(int entries) {
        return new ClusterSettings(directory, clusterName, nodeId, nodes, groups, requestTimeout, entries, logLimits);
    }

    public ClusterSettings withLogLimits(RaftLogLimits limits) {
        return new ClusterSettings(
                directory, clusterName, nodeId, nodes, groups, requestTimeout, snapshotEntries, limits);
    }

    /** The addresses of all nodes by their ids, with that of a node that makes up its id. */
    SortedMap<String, String> nodesOf(String id) {
        return nodeId.isPresent()
                ? nodes
                : new TreeMap<>(Map.of(id, nodes.values().iterator().next()));
    }

    static InetSocketAddress socketAddress(String hostAndPort) {
        int colon = hostAndPort.lastIndexOf(':');
        try {
            return InetSocketAddress.createUnresolved(
                    hostAndPort.substring(0, colon), Integer.parseInt(hostAndPort.substring(colon + 1)));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("an address is HOST:PORT, not '" + hostAndPort + "'", e);
        }
    }
}
