package dev.varve.server.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists topics. */
@Command(
        name = "list",
        description = "Lists the topics of a server, with their partitions and how many offsets those hold.",
        footer = {"", "Examples:", "  varve topic list", "  varve topic list --json --server http://10.0.0.7:8080"})
final class TopicListCommand implements Callable<Integer> {
    @Mixin
    private ServerOption server;

    @Option(names = "--json", description = "Print each topic as a JSON object on a line.")
    private boolean json;

    private final Output out;

    TopicListCommand(Output out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        return new TopicActions(server.url(), out).list(json);
    }
}
