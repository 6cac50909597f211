package dev.varve.cluster;

import java.io.IOException;
import java.util.Collection;
import java.util.Optional;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;

/**
 * A Raft group as this node takes part in it. Any thread.
 *
 * @param number from 0; -1 of the group with the topics
 */
record RaftGroupOnNode<S extends ReplicatedState>(
        int number, RaftGroup raft, S state, RaftServer server, RaftWriter writer, RaftReads reads) {

    static Optional<DivisionInfo> info(RaftServer server, RaftGroup group) {
        try {
            DivisionInfo info = server.getDivision(group.getGroupId()).getInfo();
            return info.isAlive() ? Optional.of(info) : Optional.empty();
        } catch (IOException e) {
            // Closed, for an entry could not be applied.
            return Optional.empty();
        }
    }

    /** The node that leads, as far as this one knows. */
    static Optional<RaftPeerId> leader(RaftServer server, DivisionInfo info) {
        return info.isLeader() ? Optional.of(server.getId()) : Optional.ofNullable(info.getLeaderId());
    }

    boolean isLeading() {
        return state.failure() == null
                && info(server, raft).map(DivisionInfo::isLeaderReady).orElse(false);
    }

    ClusterDescription.Group describe() {
        Optional<DivisionInfo> info = info(server, raft);
        return new ClusterDescription.Group(
                number,
                info.flatMap(known -> leader(server, known)).map(RaftPeerId::toString),
                info.map(DivisionInfo::getCurrentTerm).orElse(-1L),
                replicas().stream()
                        .map(RaftPeer::getId)
                        .map(RaftPeerId::toString)
                        .sorted()
                        .toList(),
                state.getLastAppliedTermIndex().getIndex());
    }

    /** Where the replicas are, as far as this one knows. */
    private Collection<RaftPeer> replicas() {
        try {
            return server.getDivision(raft.getGroupId()).getRaftConf().getCurrentPeers();
        } catch (IOException e) {
            // Closed, for an entry could not be applied.
            return raft.getPeers();
        }
    }
}
