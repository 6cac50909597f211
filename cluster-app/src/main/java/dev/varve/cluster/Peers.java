package dev.varve.cluster;

import java.util.ArrayList;
import java.util.List;
import org.apache.ratis.protocol.RaftPeer;

/** The nodes of a cluster as the replicas of a Raft group. */
final class Peers {
    private Peers() {}

    /**
     * All of them, one being preferred as the leader: the leaders go round the nodes.
     *
     * @param group the number of the group
     */
    static List<RaftPeer> of(int group, List<Member> members) {
        List<RaftPeer> peers = new ArrayList<>();
        for (Member member : members) {
            boolean isPreferred = Math.floorMod(group, members.size()) == peers.size();
            peers.add(RaftPeer.newBuilder()
                    .setId(member.id())
                    .setAddress(member.raft())
                    .setPriority(isPreferred ? 1 : 0)
                    .build());
        }
        return peers;
    }
}
