package dev.varve.server.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Topics of a server. */
@Command(
        name = "topic",
        synopsisSubcommandLabel = "COMMAND",
        description = "Creates, lists, describes, changes and deletes the topics of a server.",
        footer = {
            "",
            "Examples:",
            "  varve topic create orders --partitions 3",
            "  varve topic list --server http://127.0.0.1:8080"
        })
final class TopicCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCodes.USAGE;
    }
}
