package dev.varve.cluster.formation;

import java.util.Set;

/**
 * The members of the Pekko cluster as this node sees them at one moment.
 *
 * @param isJoined whether this node is one of them
 * @param isOldest whether it is up, and the oldest that is
 * @param addresses where the others are, as {@code host:port}
 * @param nodeIds who they are, this one included
 */
record View(boolean isJoined, boolean isOldest, Set<String> addresses, Set<String> nodeIds) {
    View {
        addresses = Set.copyOf(addresses);
        nodeIds = Set.copyOf(nodeIds);
    }

    static final View NONE = new View(false, false, Set.of(), Set.of());
}
