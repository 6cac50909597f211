package dev.varve.server.cli;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which log a command is about. */
final class DirectoryOption {
    @Option(names = "--dir", required = true, paramLabel = "DIR", description = "The directory of the log.")
    private Path directory;

    Path path() {
        return directory;
    }

    /** The directory, in which there is a log. */
    Path pathOfLog() {
        if (!PartitionLog.exists(directory, LogOptions.defaults())) {
            throw new RefusedException("there is no log in " + directory.toAbsolutePath());
        }
        return directory;
    }
}
