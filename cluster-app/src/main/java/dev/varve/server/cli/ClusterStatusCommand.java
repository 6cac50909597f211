package dev.varve.server.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows how a cluster is. */
@Command(
        name = "status",
        description = {
            "Shows the nodes of a cluster and who leads its groups, as the server that is asked sees it.",
            "",
            "Exit code 1 if a node is silent or a group has no leader.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve cluster status",
            "  varve cluster status --json --server http://10.0.0.7:8080"
        })
final class ClusterStatusCommand implements Callable<Integer> {
    @Mixin
    private ServerOption server;

    @Option(names = "--json", description = "Print it as a JSON object on a line.")
    private boolean json;

    private final Output out;

    ClusterStatusCommand(Output out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        return new ClusterStatus(server.url(), out).print(json);
    }
}
