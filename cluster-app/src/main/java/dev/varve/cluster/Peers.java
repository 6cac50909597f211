package dev.varve.cluster;

import java.util.List;
import org.apache.ratis.protocol.RaftPeer;

/** The nodes of a cluster as the replicas of a Raft group. */
final class Peers {
    private Peers() {}

    /** All of them. None goes before another: {@link Leaders} sees to where leaders are. */
    static List<RaftPeer> of(List<Member> members) {
        return members.stream()
                .map(member -> RaftPeer.newBuilder()
                        .setId(member.id())
                        .setAddress(member.raft())
                        .build())
                .toList();
    }
}
