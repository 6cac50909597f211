package dev.varve.cluster.formation;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a node brings along when it looks for others. Immutable.
 *
 * @param raft where its replicas are to be reached, as {@code host:port}; not port 0
 * @param cluster where its clustered actor system is to be reached, as {@code host:port}; not port 0
 * @param seeds where other nodes may be, as {@code host:port} of their clustered actor systems; empty if the others come to this one
 * @param replicationFactor how many nodes make a cluster
 * @param groups how many Raft groups it is to have
 * @param replaces the id of the node whose place it comes for
 */
public record FormationSettings(
        String raft, String cluster, List<String> seeds, int replicationFactor, int groups, Optional<String> replaces) {
    public FormationSettings {
        Objects.requireNonNull(raft, "raft");
        Objects.requireNonNull(cluster, "cluster");
        Objects.requireNonNull(replaces, "replaces");
        seeds = List.copyOf(seeds);
        if (replicationFactor < 1) {
            throw new IllegalArgumentException("the replication factor must be 1 or more, not " + replicationFactor);
        }
    }
}
