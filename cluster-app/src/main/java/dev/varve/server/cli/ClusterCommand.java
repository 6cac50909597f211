package dev.varve.server.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Clusters of servers. */
@Command(
        name = "cluster",
        synopsisSubcommandLabel = "COMMAND",
        description = "Looks at a cluster of servers.",
        footer = {"", "Examples:", "  varve cluster status"})
final class ClusterCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCodes.USAGE;
    }
}
