package dev.varve.cluster;

import java.io.IOException;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftConfiguration;

/**
 * Where the replicas of a group are, by the ids of the nodes, and whether they may move.
 *
 * @param current the nodes that count
 * @param previous those that count too, while the group goes from these to the others; else none
 */
record Moves(Set<String> current, Set<String> previous) {

    /** @throws IOException if the group is closed on this node */
    static Moves of(RaftGroupOnNode<?> group) throws IOException {
        RaftConfiguration configuration =
                group.server().getDivision(group.raft().getGroupId()).getRaftConf();
        return new Moves(ids(configuration.getCurrentPeers()), ids(configuration.getPreviousPeers()));
    }

    private static Set<String> ids(Collection<RaftPeer> peers) {
        return peers.stream().map(peer -> peer.getId().toString()).collect(Collectors.toSet());
    }

    /** Whether the group has got where the charter has it: no node that the charter has retired is needed for a majority any more. */
    boolean areDone(Charter charter) {
        return previous.isEmpty() && current.equals(members(charter));
    }

    /**
     * Whether the group is to be moved to where the charter has it. Not while it moves; and not if it has a node that the charter does not know, for
     * then the charter is an old one: each that comes after another has a node more, and no id comes twice.
     */
    boolean areDue(Charter charter) {
        return previous.isEmpty()
                && !current.equals(members(charter))
                && current.stream()
                        .allMatch(id -> charter.member(id).isPresent()
                                || charter.retired(id).isPresent());
    }

    private static Set<String> members(Charter charter) {
        return charter.members().stream().map(Member::id).collect(Collectors.toSet());
    }
}
