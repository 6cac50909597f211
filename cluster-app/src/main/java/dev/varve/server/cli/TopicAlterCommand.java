package dev.varve.server.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Changes a topic. */
@Command(
        name = "alter",
        description = "Changes the settings of a topic; those that are left out stay as they are.",
        footer = {
            "",
            "Examples:",
            "  varve topic alter orders --retention-ms 604800000",
            "  varve topic alter orders --retention-ms off --compression lz4"
        })
final class TopicAlterCommand implements Callable<Integer> {
    @Mixin
    private ServerOption server;

    @Parameters(paramLabel = "TOPIC", description = "Its name.")
    private String topic;

    @Mixin
    private TopicOptions options;

    private final Output out;

    TopicAlterCommand(Output out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        return new TopicActions(server.url(), out).alter(topic, options);
    }
}
