package dev.varve.server.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Journals of Pekko Persistence: to look inside, to move in and out. */
@Command(
        name = "journal",
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "Looks into a journal, or carries events from one journal to another.",
            "",
            "ids, events and verify take no lock, write nothing and work beside the actor system that owns the journal.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve journal ids --dir /var/lib/bank/journal",
            "  varve journal import --config journals.conf --from pekko.persistence.journal.leveldb"
        })
final class JournalCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCodes.USAGE;
    }
}
