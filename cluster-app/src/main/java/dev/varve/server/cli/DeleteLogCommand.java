package dev.varve.server.cli;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Deletes a log. */
@Command(
        name = "delete-log",
        description = {
            "Deletes a log for good, and asks nothing. Files in its directory that are not the log's stay.",
            "",
            "Needs the lock: stop the owner of the log first. Works on a log that refuses to open.",
            ""
        },
        footer = {"", "Example:", "  varve delete-log --dir /var/lib/orders"})
final class DeleteLogCommand implements Callable<Integer> {
    @Mixin
    private DirectoryOption directory;

    private final Output out;

    DeleteLogCommand(Output out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        if (!PartitionLog.delete(directory.path(), LogOptions.defaults())) {
            throw new RefusedException("there is no log in " + directory.path().toAbsolutePath());
        }
        out.line("deleted the log in " + directory.path().toAbsolutePath());
        return ExitCodes.FINE;
    }
}
