package dev.varve.cluster.formation;

import dev.varve.cluster.Charter;
import dev.varve.cluster.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Whom a clustered actor system is to join. Of all that could be the beginning of a Pekko cluster one is told apart by Raft, so that
 * there is one: where the topics are led.
 */
final class JoinPlan {
    private JoinPlan() {}

    /** Of a node without a cluster: its seeds; the one that is named first may begin. Without any, it begins. */
    static List<String> ofNewcomer(String own, List<String> seeds) {
        return seeds.isEmpty() ? List.of(own) : seeds;
    }

    /**
     * Of a node that belongs to a cluster.
     *
     * @param leader the node that leads the topics, if that is known
     * @param isLeaderOverdue whether to go on without
     * @return nobody if it is to wait until it is known who leads
     */
    static List<String> ofMember(
            Charter charter, String nodeId, String own, Optional<String> leader, boolean isLeaderOverdue) {
        if (leader.isEmpty()) {
            return isLeaderOverdue ? everybody(charter, nodeId, own) : List.of();
        }
        if (leader.get().equals(nodeId)) {
            List<String> all = new ArrayList<>(List.of(own));
            everybody(charter, nodeId, own).stream()
                    .filter(address -> !address.equals(own))
                    .forEach(all::add);
            return all;
        }
        return leader.flatMap(charter::member).map(Member::cluster).stream()
                .filter(address -> !address.isEmpty())
                .toList();
    }

    private static List<String> everybody(Charter charter, String nodeId, String own) {
        Stream<String> addresses = charter.members().stream()
                .map(member -> member.id().equals(nodeId) ? own : member.cluster())
                .filter(address -> !address.isEmpty());
        return addresses.distinct().toList();
    }
}
