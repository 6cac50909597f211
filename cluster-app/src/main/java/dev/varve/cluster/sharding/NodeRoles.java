package dev.varve.cluster.sharding;

import java.util.Optional;
import org.apache.pekko.cluster.Member;

/** How a member of the Pekko cluster says which node it has: by roles, for addresses change. */
final class NodeRoles {
    private static final String NODE_PREFIX = "nid-";

    private NodeRoles() {}

    static String of(String nodeId) {
        return NODE_PREFIX + nodeId;
    }

    static Optional<String> nodeId(Member member) {
        return member.getRoles().stream()
                .filter(role -> role.startsWith(NODE_PREFIX))
                .map(role -> role.substring(NODE_PREFIX.length()))
                .findFirst();
    }
}
