package dev.varve.server.cli;

import dev.varve.server.journal.IdSummaries;
import dev.varve.server.journal.IdSummaries.Summary;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Lists persistence ids. */
@Command(
        name = "ids",
        description = {
            "Lists the persistence ids of a journal in their order, with the number of their events, the first and the highest"
                    + " sequence number, and up to where they are deleted.",
            "",
            "Reads the whole journal, and holds the ids that it lists in memory. At damage: what is left, a line on standard error"
                    + " for each place, exit code 1.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve journal ids --dir /var/lib/bank/journal",
            "  varve journal ids --dir /var/lib/bank/journal --after 'Account|17' --max 100 --json"
        })
final class JournalIdsCommand implements Callable<Integer> {
    @Mixin
    private JournalDirectoryOption directory;

    @Option(names = "--after", paramLabel = "ID", description = "List those behind this one.")
    private String after = "";

    private int max = Integer.MAX_VALUE;

    @Option(
            names = "--json",
            description = "Print each as a JSON object on a line: persistenceId, events, first, highest, deletedTo.")
    private boolean json;

    private final Streams streams;
    private final Output out;

    JournalIdsCommand(Streams streams, Output out) {
        this.streams = streams;
        this.out = out;
    }

    @Option(names = "--max", paramLabel = "N", description = "How many to list at most; all by default.")
    void setMax(int max) {
        if (max < 1) {
            throw new TypeConversionException("must be 1 or more");
        }
        this.max = max;
    }

    @Override
    public Integer call() throws IOException {
        DamageReport damage = new DamageReport(streams.err());
        Map<String, Summary> ids = IdSummaries.of(directory.journal().logs(), after, max, damage);
        JsonLines lines = json ? new JsonLines(out) : null;
        for (Map.Entry<String, Summary> entry : ids.entrySet()) {
            Summary summary = entry.getValue();
            if (lines == null) {
                out.line(text(entry.getKey(), summary));
            } else {
                lines.line(fields -> {
                    fields.writeStringField("persistenceId", entry.getKey());
                    fields.writeNumberField("events", summary.events());
                    fields.writeNumberField("first", summary.first());
                    fields.writeNumberField("highest", summary.highest());
                    fields.writeNumberField("deletedTo", summary.deletedTo());
                });
            }
        }
        return damage.exitCode();
    }

    private static String text(String id, Summary summary) {
        String events = summary.events() == 0
                ? "no events, the highest was " + summary.highest()
                : String.format(
                        Locale.ROOT, "%d events, %d to %d", summary.events(), summary.first(), summary.highest());
        return id + ": " + events + (summary.deletedTo() == 0 ? "" : ", deleted up to " + summary.deletedTo());
    }
}
