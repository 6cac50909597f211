package dev.varve.server.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs a server. */
@Command(
        name = "serve",
        description = {
            "Runs a server: topics of replicated partitions, over HTTP.",
            "",
            "Alone it is a cluster of one. Several servers that are given the same --seeds find each other, and form a cluster when as"
                    + " many are there as have all partitions; that number is fixed then. After that each of them knows the others."
                    + " When it is ready it prints one line: ready http=URL node=ID. SIGTERM ends it within 10 seconds. There is no"
                    + " authentication: it listens on the loopback unless told otherwise.",
            "",
            "A node that lost its data, and starts without any at the address that it had, takes the place of the node that it was, under"
                    + " another id, and gets everything from the others.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve serve",
            "  varve serve --data /var/lib/varve --http 127.0.0.1:8080 -Dvarve.server.http.max-connections=200",
            "  varve serve --data data-1 --http 127.0.0.1:8081 --cluster 127.0.0.1:7101 \\",
            "      --seeds 127.0.0.1:7101,127.0.0.1:7102,127.0.0.1:7103"
        })
final class ServeCommand implements Callable<Integer> {
    @Option(names = "--data", paramLabel = "DIR", description = "Where everything of the server lies (default: data).")
    private String data;

    @Option(
            names = "--http",
            paramLabel = "HOST:PORT",
            description = "Where it listens for HTTP (default: 127.0.0.1:8080); port 0 takes a free one.")
    private String http;

    @Option(
            names = "--cluster",
            paramLabel = "HOST:PORT",
            description =
                    "Where it and the other nodes find each other (default: 127.0.0.1:0); port 0 takes a free one, and keeps it.")
    private String cluster;

    @Option(
            names = "--raft",
            paramLabel = "HOST:PORT",
            description =
                    "Where it and the other nodes replicate (default: 127.0.0.1:0); port 0 takes a free one, and keeps it.")
    private String raft;

    @Option(
            names = "--seeds",
            paramLabel = "HOST:PORT",
            split = ",",
            description =
                    "Where other nodes may be: their --cluster addresses. Best name all, in the same order on all nodes.")
    private List<String> seeds;

    @Option(
            names = "--replication-factor",
            paramLabel = "N",
            description =
                    "How many nodes make a cluster, and have all partitions (default: 3 with --seeds, 1 without).")
    private Integer replicationFactor;

    @Option(
            names = "--replace",
            paramLabel = "ID",
            description = "Take the place of this node, which is lost; it is refused for ever after.")
    private String replace;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "Read the configuration from here (default: VARVE_CONFIG, which the launcher sets to the application.conf"
                            + " beside it).")
    private Path config;

    @Option(names = "-D", paramLabel = "KEY=VALUE", description = "Set a key of the configuration.")
    private Map<String, String> keys = Map.of();

    private final Streams streams;
    private final Output out;
    private final GracefulStop stop;

    ServeCommand(Streams streams, Output out, GracefulStop stop) {
        this.streams = streams;
        this.out = out;
        this.stop = stop;
    }

    @Override
    public Integer call() throws IOException {
        Map<String, Object> asked = new LinkedHashMap<>(keys);
        put(asked, "varve.server.data", data);
        put(asked, "varve.server.http.bind", http);
        put(asked, "varve.server.raft", raft);
        put(asked, "varve.server.cluster", cluster);
        put(asked, "varve.server.seeds", seeds);
        put(asked, "varve.server.replication-factor", replicationFactor);
        put(asked, "varve.server.replace", replace);
        return new Serving(streams, out, stop).run(config, asked);
    }

    private static void put(Map<String, Object> keys, String key, Object value) {
        if (value != null) {
            keys.put(key, value);
        }
    }
}
