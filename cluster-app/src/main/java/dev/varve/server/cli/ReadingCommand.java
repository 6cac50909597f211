package dev.varve.server.cli;

import dev.varve.log.LogException;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that only looks: takes no lock, writes nothing, works beside an owner and on a log that no owner would open. */
abstract class ReadingCommand implements Callable<Integer> {
    static final LogOptions OPTIONS = LogOptions.defaults();

    @Spec
    private CommandSpec spec;

    @Mixin
    private DirectoryOption directory;

    /** Looks at the log in a directory; gives the exit code. */
    abstract int look(Path logDirectory) throws IOException;

    @Override
    public final Integer call() throws IOException {
        Path logDirectory = directory.pathOfLog();
        try {
            return look(logDirectory);
        } catch (LogException.Broken e) {
            if (!PartitionLog.exists(logDirectory, OPTIONS)) {
                throw e;
            }
            // To an owner that is a reason to refuse; whoever only looks has met damage.
            spec.commandLine().getErr().println("varve: " + e.getMessage());
            return ExitCodes.DAMAGE;
        }
    }
}
