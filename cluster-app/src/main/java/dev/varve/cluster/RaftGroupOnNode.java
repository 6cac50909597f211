package dev.varve.cluster;

import dev.varve.cluster.metrics.ClusterMeter;
import dev.varve.cluster.metrics.GroupFigures;
import dev.varve.cluster.metrics.GroupFigures.ReplicaState;
import dev.varve.cluster.metrics.RaftTimers;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.ratis.proto.RaftProtos.CommitInfoProto;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServer.Division;
import org.apache.ratis.server.raftlog.RaftLog;

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

    /** Why this node's replica takes no part in the group any more; empty if it does. What it has can be read. */
    Optional<String> whyStopped() {
        Throwable failure = state.failure();
        if (failure != null) {
            return Optional.of("this replica has stopped, the others go on: " + failure.getMessage());
        }
        return info(server, raft).isPresent()
                ? Optional.empty()
                : Optional.of("this replica is closed, the others go on");
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

    /** From now on somebody is told what takes time in the group on this node. */
    void measure(ClusterMeter meter) {
        state.measure(number, meter);
        writer.onWritten(nanos -> meter.written(number, nanos));
        RaftTimers.onSync(member(), nanos -> meter.synced(number, nanos));
    }

    /** Ends what {@link #measure} began. */
    void stopMeasuring() {
        RaftTimers.forget(member());
    }

    private String member() {
        return RaftGroupMemberId.valueOf(server.getId(), raft.getGroupId()).toString();
    }

    GroupFigures figures() {
        long applied = state.getLastAppliedTermIndex().getIndex();
        int waiting = writer.waitingCommands();
        long waitingBytes = writer.waitingBytes();
        try {
            Division division = server.getDivision(raft.getGroupId());
            RaftLog log = division.getRaftLog();
            return new GroupFigures(
                    number,
                    stateOf(division.getInfo()),
                    log.getStartIndex(),
                    log.getNextIndex() - 1,
                    log.getLastCommittedIndex(),
                    applied,
                    waiting,
                    waitingBytes,
                    replicas(division));
        } catch (IOException e) {
            // Closed, for an entry could not be applied.
            return new GroupFigures(number, ReplicaState.FAILED, -1, -1, -1, applied, waiting, waitingBytes, List.of());
        }
    }

    private ReplicaState stateOf(DivisionInfo info) {
        if (state.failure() != null || !info.isAlive()) {
            return ReplicaState.FAILED;
        } else if (info.isLeader()) {
            return ReplicaState.LEADER;
        }
        return info.isCandidate() ? ReplicaState.CANDIDATE : ReplicaState.FOLLOWER;
    }

    private static List<GroupFigures.Replica> replicas(Division division) {
        Collection<CommitInfoProto> infos = division.getCommitInfos();
        long committed =
                infos.stream().mapToLong(CommitInfoProto::getCommitIndex).max().orElse(-1);
        return infos.stream()
                .map(info -> new GroupFigures.Replica(
                        info.getServer().getId().toStringUtf8(), committed - info.getCommitIndex()))
                .sorted(Comparator.comparing(GroupFigures.Replica::node))
                .toList();
    }
}
