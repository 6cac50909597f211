package dev.varve.cluster.sharding;

import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;

/** The members of the Pekko cluster that this actor system is in. Any thread. */
final class ClusterMembers implements LeaderAllocation.Members {
    private final Cluster cluster;

    ClusterMembers(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public Optional<String> nodeOf(ActorRef region) {
        // A region of this actor system has an address without a host.
        Address address = region.path().address().hasLocalScope()
                ? cluster.selfMember().address()
                : region.path().address();
        CurrentClusterState state = cluster.state();
        Set<Member> unreachable = state.getUnreachable();
        for (Member member : state.getMembers()) {
            if (member.address().equals(address)) {
                return member.status() == MemberStatus.up() && !unreachable.contains(member)
                        ? NodeRoles.nodeId(member)
                        : Optional.empty();
            }
        }
        return Optional.empty();
    }

    @Override
    public boolean areSettled() {
        CurrentClusterState state = cluster.state();
        if (!state.getUnreachable().isEmpty()) {
            return false;
        }
        for (Member member : state.getMembers()) {
            if (member.status() == MemberStatus.joining() || member.status() == MemberStatus.weaklyUp()) {
                return false;
            }
        }
        return true;
    }
}
