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
            "Alone it is a cluster of one. Several servers that are given the same --nodes form a cluster in which all have everything;"
                    + " which nodes it has, and how many groups, is fixed when it is made. When it is ready it prints one line:"
                    + " ready http=URL node=ID. SIGTERM ends it within 10 seconds. There is no authentication: it listens on"
                    + " the loopback unless told otherwise.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve serve",
            "  varve serve --data /var/lib/varve --http 127.0.0.1:8080 -Dvarve.server.http.max-connections=200",
            "  varve serve --data data-1 --http 127.0.0.1:8081 --node n1 \\",
            "      --nodes n1=127.0.0.1:7001,n2=127.0.0.1:7002,n3=127.0.0.1:7003"
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
            names = "--raft",
            paramLabel = "HOST:PORT",
            description = "Where a server that is alone listens for Raft (default: 127.0.0.1:0, a free port).")
    private String raft;

    @Option(names = "--node", paramLabel = "ID", description = "Which of the --nodes this one is.")
    private String node;

    @Option(
            names = "--nodes",
            paramLabel = "ID=HOST:PORT",
            split = ",",
            description = "All nodes of the cluster, this one included, and where each listens for Raft.")
    private List<String> nodes;

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
        put(asked, "varve.server.node", node);
        put(asked, "varve.server.nodes", nodes);
        return new Serving(streams, out, stop).run(config, asked);
    }

    private static void put(Map<String, Object> keys, String key, Object value) {
        if (value != null) {
            keys.put(key, value);
        }
    }
}
