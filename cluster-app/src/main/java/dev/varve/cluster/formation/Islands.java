package dev.varve.cluster.formation;

import java.time.Duration;
import java.util.Collection;
import java.util.Optional;

/**
 * Notices that this node is in another Pekko cluster than it should be: cut networks, and nodes that start at the same time, may leave two. Of
 * two, those who are in the wrong one leave it; who is in the right one stays. One thread.
 */
final class Islands {
    private final long patienceNanos;
    private Optional<String> missed = Optional.empty();
    private long sinceNanos;

    Islands(Duration patience) {
        this.patienceNanos = patience.toNanos();
    }

    /**
     * Where to go, when it has been missed here for long enough.
     *
     * @param leader the node that leads the topics according to Raft
     * @param leaderAddress where its clustered actor system is
     */
    Optional<String> ofMember(
            String nodeId, View view, Optional<String> leader, Optional<String> leaderAddress, long nowNanos) {
        boolean isMissed = view.isJoined()
                && leader.isPresent()
                && !leader.get().equals(nodeId)
                && !view.nodeIds().contains(leader.get());
        return overdue(isMissed ? leaderAddress : Optional.empty(), nowNanos);
    }

    /**
     * As {@link #ofMember}, of a node that belongs to no cluster: those who do are to be found, and among those who do not the one whose
     * address comes first.
     */
    Optional<String> ofNewcomer(Announcement self, View view, Collection<Announcement> heard, long nowNanos) {
        Optional<String> missing = view.isJoined()
                ? heard.stream()
                        .filter(other -> !view.nodeIds().contains(other.nodeId()))
                        .filter(other -> other.isFormed() || other.cluster().compareTo(self.cluster()) < 0)
                        .map(Announcement::cluster)
                        .min(String::compareTo)
                : Optional.empty();
        return overdue(missing, nowNanos);
    }

    private Optional<String> overdue(Optional<String> missing, long nowNanos) {
        if (!missing.equals(missed)) {
            missed = missing;
            sinceNanos = nowNanos;
        }
        return missing.filter(address -> nowNanos - sinceNanos >= patienceNanos);
    }

    /** This node begins anew. */
    void forget() {
        missed = Optional.empty();
    }
}
