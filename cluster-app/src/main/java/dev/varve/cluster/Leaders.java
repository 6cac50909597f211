package dev.varve.cluster;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.DivisionInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Spreads the groups' leaders over the nodes: who leads a group that another node should lead hands it over, when that node is well.
 *
 * <p>Ratis would do it by itself, by priorities. But it hands over to nodes that have just died, too; and when a request to such a node fails at
 * once, the leader takes itself to be stepping down from then on, and refuses all appends for as long as it leads.
 */
final class Leaders {
    private static final Logger LOGGER = LoggerFactory.getLogger(Leaders.class);

    /** A node that has not answered for so long is left alone. */
    private static final long FRESH_MILLIS = 1_000;

    /** For so many rounds in a row a group has to be led here, and the other node has to be well. */
    private static final int ROUNDS = 5;

    /** Appends wait meanwhile. */
    private static final long TRANSFER_MILLIS = 1_000;

    private final ClusterGroups groups;
    private final Map<Integer, Integer> steady = new HashMap<>();

    Leaders(ClusterGroups groups) {
        this.groups = groups;
    }

    /** The node that should lead a group: they go round the nodes. */
    static String preferred(int group, List<Member> members) {
        return members.get(Math.floorMod(group, members.size())).id();
    }

    /** To be called about once a second, by one thread. */
    void round(RaftGroupOnNode<?> group) {
        String preferred = preferred(group.number(), groups.charter().members());
        boolean isDue = group.isLeading() && !preferred.equals(groups.nodeId()) && isWell(group, preferred);
        int rounds = isDue ? steady.merge(group.number(), 1, Integer::sum) : 0;
        if (rounds < ROUNDS) {
            steady.put(group.number(), rounds);
            return;
        }
        steady.put(group.number(), 0);
        LOGGER.debug("Group {} is handed over to node {}", group.number(), preferred);
        transfer(group, RaftPeerId.valueOf(preferred)).whenComplete((reply, failure) -> {
            if (failure != null || !reply.isSuccess() && !isTimeout(reply)) {
                // So that it does not go on stepping down without ever having stepped down.
                transfer(group, null);
            }
        });
    }

    private static boolean isTimeout(RaftClientReply reply) {
        return String.valueOf(reply.getException()).contains("TIMED_OUT");
    }

    private static boolean isWell(RaftGroupOnNode<?> group, String nodeId) {
        return RaftGroupOnNode.info(group.server(), group.raft()).map(DivisionInfo::getRoleInfoProto).stream()
                .filter(RoleInfoProto::hasLeaderInfo)
                .flatMap(role -> role.getLeaderInfo().getFollowerInfoList().stream())
                .anyMatch(follower -> follower.getId().getId().toStringUtf8().equals(nodeId)
                        && follower.getLastRpcElapsedTimeMs() < FRESH_MILLIS);
    }

    /** @param to nobody in particular if null: the leader steps down */
    private static CompletableFuture<RaftClientReply> transfer(RaftGroupOnNode<?> group, RaftPeerId to) {
        try {
            return group.server()
                    .transferLeadershipAsync(new TransferLeadershipRequest(
                            ClientId.randomId(),
                            group.server().getId(),
                            group.raft().getGroupId(),
                            CallId.getAndIncrement(),
                            to,
                            TRANSFER_MILLIS));
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
