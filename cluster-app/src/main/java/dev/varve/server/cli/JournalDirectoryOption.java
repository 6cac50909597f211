package dev.varve.server.cli;

import dev.varve.server.journal.JournalFiles;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which journal a command looks into. */
final class JournalDirectoryOption {
    @Option(
            names = "--dir",
            required = true,
            paramLabel = "DIR",
            description = "The directory of the journal, or the varve.directory that it is in.")
    private Path directory;

    /** The journal, which is there. */
    JournalFiles journal() throws IOException {
        JournalFiles journal;
        try {
            journal = JournalFiles.in(directory);
        } catch (IOException e) {
            throw new RefusedException(
                    "the journal in " + directory.toAbsolutePath() + " cannot be read: " + e.getMessage());
        }
        if (journal == null) {
            throw new RefusedException("there is no journal in " + directory.toAbsolutePath());
        }
        return journal;
    }
}
