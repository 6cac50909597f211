package dev.varve.server.cli;

import dev.varve.server.journal.Journals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Moves out. */
@Command(
        name = "export",
        description = {
            "Carries the events of a journal of varve into another one: sequence numbers, writers, all tags, and metadata; and what"
                    + " was deleted here is deleted there.",
            "",
            "Stop both actor systems first. May be interrupted at any moment, by force too, and run again: it goes on. The jars of the"
                    + " other journal, and those of the application with its serializers, go into VARVE_CLASSPATH.",
            ""
        },
        footer = {"", "Example:", "  varve journal export --config journals.conf --to pekko.persistence.journal.leveldb"
        })
final class JournalExportCommand extends TransferCommand {
    @Option(
            names = "--from",
            paramLabel = "PLUGIN",
            description = "The journal plugin to read; varve.journal by default.")
    private String from = Journals.VARVE;

    @Option(names = "--to", required = true, paramLabel = "PLUGIN", description = "The journal plugin to write.")
    private String to;

    JournalExportCommand(Streams streams, Output out, GracefulStop stop) {
        super(streams, out, stop);
    }

    @Override
    String from() {
        return from;
    }

    @Override
    String to() {
        return to;
    }
}
