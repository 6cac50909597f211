package dev.varve.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.server.DivisionInfo;

/**
 * The groups of a cluster as this node takes part in them. Any thread.
 *
 * @param charters which nodes there are, as far as this one knows
 * @param topics the group with the topics
 * @param partitions the groups with the partitions, by their numbers
 */
record ClusterGroups(
        String nodeId,
        Supplier<Charter> charters,
        RaftGroupOnNode<TopicsState> topics,
        List<RaftGroupOnNode<GroupState>> partitions) {
    /** A node that has not answered for so long is silent. */
    private static final long SILENCE_MILLIS = 3_000;

    Charter charter() {
        return charters.get();
    }

    RaftGroupOnNode<GroupState> of(Topic topic, int partition) {
        return partitions.get(topic.group(partition));
    }

    /** All groups, that of the topics first. */
    Stream<RaftGroupOnNode<?>> all() {
        return Stream.concat(Stream.of(topics), partitions.stream());
    }

    /** @param clustered the nodes whose clustered actor systems this one's can reach */
    ClusterDescription describe(Set<String> clustered) {
        Set<String> heard = new HashSet<>();
        Set<String> asked = new HashSet<>();
        heard.add(nodeId);
        asked.add(nodeId);
        Stream.concat(Stream.of(topics), partitions.stream())
                .flatMap(group -> RaftGroupOnNode.info(group.server(), group.raft()).stream())
                .flatMap(ClusterGroups::neighbours)
                .forEach(peer -> {
                    String id = peer.getId().getId().toStringUtf8();
                    asked.add(id);
                    if (peer.getLastRpcElapsedTimeMs() < SILENCE_MILLIS) {
                        heard.add(id);
                    }
                });
        List<ClusterDescription.Node> all = new ArrayList<>();
        for (Member node : charter().members()) {
            boolean isClustered = clustered.contains(node.id());
            ClusterDescription.Liveness liveness =
                    heard.contains(node.id()) || isClustered && !asked.contains(node.id())
                            ? ClusterDescription.Liveness.ALIVE
                            : asked.contains(node.id())
                                    ? ClusterDescription.Liveness.SILENT
                                    : ClusterDescription.Liveness.UNKNOWN;
            all.add(new ClusterDescription.Node(
                    node.id(), node.raft(), node.cluster(), node.http(), liveness, isClustered));
        }
        return new ClusterDescription(
                charter().clusterId().toString(),
                nodeId,
                all,
                partitions.stream()
                        .map(RaftGroupOnNode::describe)
                        .sorted(Comparator.comparingInt(ClusterDescription.Group::group))
                        .toList(),
                topics.describe());
    }

    /** The nodes that this one hears of in a group: all as a leader, else the leader. */
    private static Stream<ServerRpcProto> neighbours(DivisionInfo info) {
        RoleInfoProto role;
        try {
            role = info.getRoleInfoProto();
        } catch (IllegalStateException e) {
            // As Ratis says that it is just stepping down; what it heard as a leader is of no use any more.
            return Stream.empty();
        }
        if (role.getRole() == RaftPeerRole.LEADER) {
            return role.getLeaderInfo().getFollowerInfoList().stream();
        }
        return role.hasFollowerInfo() && role.getFollowerInfo().hasLeaderInfo()
                ? Stream.of(role.getFollowerInfo().getLeaderInfo())
                : Stream.empty();
    }
}
