package dev.varve.server.node;

import com.typesafe.config.Config;
import dev.varve.cluster.ClusterSettings;
import dev.varve.cluster.RaftLogLimits;
import dev.varve.server.http.HttpSettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a server needs to know: the keys of {@code varve.server} in reference.conf. Immutable.
 *
 * @param data where everything of it lies
 * @param raft where it and others replicate, as {@code host:port}; port 0 for one that is free, and kept
 * @param cluster where it and others find each other, as {@code host:port}; port 0 for one that is free, and kept
 * @param seeds the {@code cluster} addresses where others may be
 * @param replicationFactor how many nodes make a cluster; empty if that was left to the server
 * @param groups how many Raft groups the partitions share
 * @param replaces the id of the node whose place it takes
 * @param requestTimeout how long a majority may take to confirm something
 * @param snapshotEntries after how many entries of a group the partitions are synced
 * @param logLimits how long the Raft logs become
 */
public record ServerSettings(
        Path data,
        String raft,
        String cluster,
        List<String> seeds,
        Optional<Integer> replicationFactor,
        int groups,
        Optional<String> replaces,
        Duration requestTimeout,
        int snapshotEntries,
        RaftLogLimits logLimits,
        HttpSettings http) {
    private static final int WITH_SEEDS = 3;

    public ServerSettings {
        seeds = List.copyOf(seeds);
        if (data.toString().isBlank()) {
            throw new IllegalArgumentException("data must name a directory; it is empty");
        }
        requireReachable("raft", raft);
        requireReachable("cluster", cluster);
        for (String seed : seeds) {
            if (requireAddress("seeds", seed).endsWith(":0")) {
                throw new IllegalArgumentException("'" + seed + "' in seeds: nobody can be found at port 0. Give the"
                        + " nodes that are named in seeds a port of their own, with --cluster");
            }
        }
        if (requestTimeout.compareTo(http.answerTimeout()) >= 0) {
            throw new IllegalArgumentException("request-timeout is " + requestTimeout.toMillis()
                    + " ms and must be less than http.answer-timeout, which is "
                    + http.answerTimeout().toMillis()
                    + " ms: else nobody waits for what becomes of a request");
        }
        if (replicationFactor.isPresent() && (replicationFactor.get() < 1 || replicationFactor.get() > 99)) {
            throw new IllegalArgumentException(
                    "replication-factor must be from 1 to 99, not " + replicationFactor.get());
        }
    }

    /**
     * From the section {@code varve.server}.
     *
     * @throws com.typesafe.config.ConfigException if a key is missing or of another kind
     * @throws IllegalArgumentException if what it says makes no sense; the message says why
     */
    public static ServerSettings fromConfig(Config server) {
        ServerSettings settings = new ServerSettings(
                Path.of(server.getString("data")),
                server.getString("raft"),
                server.getString("cluster"),
                server.getStringList("seeds"),
                server.getString("replication-factor").equals("auto")
                        ? Optional.empty()
                        : Optional.of(server.getInt("replication-factor")),
                server.getInt("groups"),
                Optional.of(server.getString("replace")).filter(id -> !id.isEmpty()),
                server.getDuration("request-timeout"),
                server.getInt("snapshot-entries"),
                new RaftLogLimits(
                        server.getBytes("snapshot-bytes"),
                        server.getBytes("raft-log-bytes"),
                        server.getBytes("copy-bytes-per-second")),
                HttpSettings.fromConfig(server.getConfig("http")));
        // What makes no sense is to be told before anything is touched.
        settings.cluster("self", settings.raft());
        return settings;
    }

    /** How many nodes make a cluster, if this one has a say in it. */
    public int wantedReplicationFactor() {
        return replicationFactor.orElse(seeds.isEmpty() ? 1 : WITH_SEEDS);
    }

    /** Whether it needs nobody else to be a cluster. */
    public boolean isAlone() {
        return seeds.isEmpty() && wantedReplicationFactor() == 1;
    }

    /**
     * As a node of a cluster.
     *
     * @param raftAddress where it listens, with the port that it has
     */
    public ClusterSettings cluster(String nodeId, String raftAddress) {
        return ClusterSettings.of(data, nodeId, Map.of(nodeId, raftAddress))
                .withGroups(groups)
                .withRequestTimeout(requestTimeout)
                .withSnapshotEntries(snapshotEntries)
                .withLogLimits(logLimits);
    }

    private static String requireAddress(String key, String hostAndPort) {
        int colon = hostAndPort.lastIndexOf(':');
        String port = hostAndPort.substring(colon + 1);
        if (colon < 1 || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 0xFFFF) {
            throw new IllegalArgumentException(
                    "'" + hostAndPort + "' in " + key + " is not HOST:PORT, such as 127.0.0.1:7101");
        }
        return hostAndPort;
    }

    /** Others are told this very address. */
    private static void requireReachable(String key, String hostAndPort) {
        String address = requireAddress(key, hostAndPort);
        String host = address.substring(0, address.lastIndexOf(':'));
        try {
            if (InetAddress.getByName(host).isAnyLocalAddress()) {
                throw new IllegalArgumentException(
                        "'" + hostAndPort + "' in " + key
                                + " is no address by which others can reach this node. Say the one of this machine that they know");
            }
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("'" + hostAndPort + "' in " + key + ": unknown host " + host, e);
        }
    }
}
