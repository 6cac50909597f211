package dev.varve.server.node;

import com.typesafe.config.Config;
import dev.varve.cluster.ClusterSettings;
import dev.varve.cluster.RaftLogLimits;
import dev.varve.server.http.HttpSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a server needs to know: the keys of {@code varve.server} in reference.conf. Immutable. */
public record ServerSettings(ClusterSettings cluster, HttpSettings http) {
    private static final String ONLY_NODE = "self";

    /**
     * From the section {@code varve.server}.
     *
     * @throws com.typesafe.config.ConfigException if a key is missing or of another kind
     * @throws IllegalArgumentException if what it says makes no sense; the message says why
     */
    public static ServerSettings fromConfig(Config server) {
        SortedMap<String, String> nodes = new TreeMap<>();
        for (String node : server.getStringList("nodes")) {
            int equals = node.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("'" + node + "' is not ID=HOST:PORT, a node of the cluster");
            }
            nodes.put(node.substring(0, equals), node.substring(equals + 1));
        }
        String id = server.getString("node");
        if (nodes.isEmpty()) {
            if (!id.isEmpty()) {
                throw new IllegalArgumentException(
                        "a node with an id is one of several: say where all of them are, this one included");
            }
            nodes.put(ONLY_NODE, withPort(server.getString("raft")));
        }
        ClusterSettings cluster = new ClusterSettings(
                Path.of(server.getString("data")),
                server.getString("cluster-name"),
                id.isEmpty() ? Optional.empty() : Optional.of(id),
                nodes,
                server.getInt("groups"),
                server.getDuration("request-timeout"),
                server.getInt("snapshot-entries"),
                new RaftLogLimits(
                        server.getBytes("snapshot-bytes"),
                        server.getBytes("raft-log-bytes"),
                        server.getBytes("copy-bytes-per-second")));
        return new ServerSettings(cluster, HttpSettings.fromConfig(server.getConfig("http")));
    }

    /** An address whose port is 0 with one that is free; nobody else needs to know it, for the node is alone. */
    private static String withPort(String address) {
        int colon = address.lastIndexOf(':');
        if (colon < 1 || !address.substring(colon + 1).equals("0")) {
            return address;
        }
        String host = address.substring(0, colon);
        try (ServerSocket free = new ServerSocket()) {
            free.bind(new InetSocketAddress(InetAddress.getByName(host), 0));
            return host + ":" + free.getLocalPort();
        } catch (IOException e) {
            throw new IllegalArgumentException("there is no free port at '" + host + "': " + e.getMessage(), e);
        }
    }
}
