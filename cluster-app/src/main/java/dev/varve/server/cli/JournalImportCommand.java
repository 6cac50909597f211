package dev.varve.server.cli;

import dev.varve.server.journal.Journals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Moves in. */
@Command(
        name = "import",
        description = {
            "Carries the events of another journal into one of varve: sequence numbers, writers, timestamps, metadata, the tags"
                    + " named; and what was deleted there is deleted here.",
            "",
            "Stop both actor systems first. May be interrupted at any moment, by force too, and run again: it goes on. The jars of the"
                    + " other journal, and those of the application if it has serializers of its own, go into VARVE_CLASSPATH.",
            ""
        },
        footer = {
            "",
            "Example:",
            "  varve journal import --config journals.conf --from pekko.persistence.journal.leveldb --tag vip"
        })
final class JournalImportCommand extends TransferCommand {
    @Option(names = "--from", required = true, paramLabel = "PLUGIN", description = "The journal plugin to read.")
    private String from;

    @Option(
            names = "--to",
            paramLabel = "PLUGIN",
            description = "The journal plugin to write; varve.journal by default.")
    private String to = Journals.VARVE;

    JournalImportCommand(Streams streams, Output out, GracefulStop stop) {
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
