package dev.varve.server.client;

import dev.varve.cluster.ClusterDescription;
import dev.varve.server.client.Connection.Call;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Which of the servers leads which group, as the servers themselves say: each is asked who it is and whom it takes for the leaders, and what
 * belongs to a later term counts. What is not known costs a detour, for any server passes on what it does not lead. Any thread.
 */
final class Leaders {
    /** Who takes longer tells nothing that is of use. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Connection connection;

    /** The places of the servers in the settings, by the ids of the nodes that they are. */
    private final Map<String, Integer> servers = new HashMap<>();

    private final Map<Integer, Leader> leaders = new HashMap<>();
    private final BitSet asked = new BitSet();
    private final BitSet unreachable = new BitSet();

    Leaders(Connection connection) {
        this.connection = connection;
    }

    private record Leader(String node, long term) {}

    /** The server that leads a group; empty if that is not known, or if it could not be reached when it was last tried. */
    synchronized OptionalInt of(int group) {
        Leader leader = leaders.get(group);
        Integer server = leader == null ? null : servers.get(leader.node());
        return server == null || unreachable.get(server) ? OptionalInt.empty() : OptionalInt.of(server);
    }

    /** Nothing is sent to it on account of its leading until it says something again. */
    synchronized void unreachable(int server) {
        unreachable.set(server);
    }

    /** Asks all servers that are not being asked already. What they say counts as soon as they say it. */
    void refresh() {
        for (int server = 0; server < connection.serverCount(); server++) {
            if (beginAsking(server)) {
                int place = server;
                connection
                        .sendTo(server, Call.get("/v1/cluster"), PATIENCE)
                        .thenApply(answer -> TopicJson.cluster(Connection.tree(answer)))
                        .whenComplete((cluster, failure) -> learn(place, cluster));
            }
        }
    }

    private synchronized boolean beginAsking(int server) {
        boolean is = !asked.get(server);
        asked.set(server);
        return is;
    }

    /** @param cluster null if it did not say */
    private synchronized void learn(int server, ClusterDescription cluster) {
        asked.clear(server);
        if (cluster == null) {
            return;
        }
        unreachable.clear(server);
        servers.put(cluster.nodeId(), server);
        for (ClusterDescription.Group group : cluster.groups()) {
            Leader known = leaders.get(group.group());
            if (group.leader().isPresent() && (known == null || group.term() >= known.term())) {
                leaders.put(group.group(), new Leader(group.leader().get(), group.term()));
            }
        }
    }
}
