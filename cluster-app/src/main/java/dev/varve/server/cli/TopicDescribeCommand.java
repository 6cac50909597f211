package dev.varve.server.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Describes a topic. */
@Command(
        name = "describe",
        description = "Shows the settings of a topic, and of each partition its leader, its replicas and its offsets.",
        footer = {"", "Examples:", "  varve topic describe orders", "  varve topic describe orders --json"})
final class TopicDescribeCommand implements Callable<Integer> {
    @Mixin
    private ServerOption server;

    @Parameters(paramLabel = "TOPIC", description = "Its name.")
    private String topic;

    @Option(names = "--json", description = "Print it as a JSON object on a line.")
    private boolean json;

    private final Output out;

    TopicDescribeCommand(Output out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        return new TopicActions(server.url(), out).describe(topic, json);
    }
}
