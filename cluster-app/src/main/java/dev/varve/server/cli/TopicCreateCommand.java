package dev.varve.server.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Creates a topic. */
@Command(
        name = "create",
        description = {
            "Creates a topic.",
            "",
            "The number of its partitions cannot be changed later. Records of one key go to one partition and keep their order.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve topic create orders --partitions 3",
            "  varve topic create users --compaction latest-of-key --compression zstd"
        })
final class TopicCreateCommand implements Callable<Integer> {
    @Mixin
    private ServerOption server;

    @Parameters(paramLabel = "TOPIC", description = "Its name: letters, digits, dots, hyphens and underscores.")
    private String topic;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many partitions it has (default: ${DEFAULT-VALUE}).")
    private int partitions;

    @Mixin
    private TopicOptions options;

    private final Output out;

    TopicCreateCommand(Output out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        return new TopicActions(server.url(), out).create(topic, partitions, options);
    }
}
