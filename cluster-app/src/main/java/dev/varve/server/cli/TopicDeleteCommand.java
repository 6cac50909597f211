package dev.varve.server.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Deletes a topic. */
@Command(
        name = "delete",
        description = "Deletes a topic, its records and the offsets that were committed for it. There is no way back.",
        footer = {"", "Examples:", "  varve topic delete orders"})
final class TopicDeleteCommand implements Callable<Integer> {
    @Mixin
    private ServerOption server;

    @Parameters(paramLabel = "TOPIC", description = "Its name.")
    private String topic;

    private final Output out;

    TopicDeleteCommand(Output out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        return new TopicActions(server.url(), out).delete(topic);
    }
}
