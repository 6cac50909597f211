package dev.varve.server.node;

import dev.varve.cluster.Charter;
import dev.varve.cluster.Member;
import dev.varve.cluster.NodeDirectory;
import dev.varve.cluster.formation.Formation;

/** Whether a server may start as the node that its directory says it is. */
final class Belonging {
    private Belonging() {}

    /**
     * Holds what a server is told against what its cluster was made with.
     *
     * @throws IllegalStateException if they do not fit; the message is for people
     */
    static void require(NodeDirectory directory, ServerSettings settings, String raft) {
        directory.charter().ifPresent(charter -> {
            charter.retired(directory.nodeId()).ifPresent(gone -> {
                throw new IllegalStateException(Formation.placeTaken(directory, gone.successor()));
            });
            requireFixed(
                    charter,
                    "a replication factor",
                    charter.replicationFactor(),
                    settings.replicationFactor().orElse(charter.replicationFactor()));
            requireFixed(charter, "a number of groups", charter.groups(), settings.groups());
            charter.member(directory.nodeId()).ifPresent(self -> requireAddress(charter, self, raft));
        });
    }

    private static void requireFixed(Charter charter, String what, int fixed, int told) {
        if (fixed != told) {
            throw new IllegalStateException(
                    "the node belongs to cluster " + charter.clusterId() + ", which was made with "
                            + what + " of " + fixed + "; it is fixed, and this node was told " + told
                            + ". Start it with " + fixed + ", or with another directory");
        }
    }

    /** Alone, a node may be where it likes. */
    private static void requireAddress(Charter charter, Member self, String raft) {
        if (charter.replicationFactor() > 1 && !self.raft().equals(raft)) {
            throw new IllegalStateException(
                    "the other nodes of cluster " + charter.clusterId() + " know this one at --raft " + self.raft()
                            + ", and it was told " + raft + ". It cannot move yet; start it where it was");
        }
    }
}
