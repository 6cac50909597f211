package dev.varve.server.cli;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Raises the log start offset. */
@Command(
        name = "delete-before",
        description = {
            "Deletes the records below an offset: raises the log start offset, durably, and gives back the space of the"
                    + " segments that lie wholly below it.",
            "",
            "Needs the lock: stop the owner of the log first. Prints the log start offset.",
            ""
        },
        footer = {"", "Example:", "  varve delete-before --dir /var/lib/orders --offset 100000"})
final class DeleteBeforeCommand implements Callable<Integer> {
    @Mixin
    private DirectoryOption directory;

    @Option(
            names = "--offset",
            required = true,
            paramLabel = "OFFSET",
            description = "The least offset to keep; the log end offset to keep none.")
    private long offset;

    private final Output out;

    DeleteBeforeCommand(Output out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        try (PartitionLog log = PartitionLog.open(directory.pathOfLog(), LogOptions.defaults())) {
            long logStartOffset = log.deleteBefore(offset);
            out.line("log start offset " + logStartOffset);
        }
        return ExitCodes.FINE;
    }
}
