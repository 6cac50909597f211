package dev.varve.cluster.formation;

import java.util.Set;

/**
 * The members of the Pekko cluster as this node sees them at one moment.
 *
 * @param isJoined whether this node is one of them
 * @param isOldest whether it is up, and the oldest that is
 * @param addresses where the others are, as {@code host:port}
 * @param nodeIds who they are, this one included
 * @param reachable those of them who can be reached
 */
record View(boolean isJoined, boolean isOldest, Set<String> addresses, Set<String> nodeIds, Set<String> reachable) {
    View {
        reachable = Set.copyOf(reachable);
        addresses = Set.copyOf(addresses);
        nodeIds = Set.copyOf(nodeIds);
    }
}
