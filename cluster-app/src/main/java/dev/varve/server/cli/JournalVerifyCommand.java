package dev.varve.server.cli;

import dev.varve.log.Damage;
import dev.varve.log.LogInspector;
import dev.varve.log.format.LogRecord;
import dev.varve.server.journal.EventOrder;
import dev.varve.server.journal.JournalFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Looks for damage, and for events that are not as a journal writes them. */
@Command(
        name = "verify",
        description = {
            "Walks every byte of a journal, as \"varve verify\" does with a log, and every event: it must be one, and the sequence"
                    + " numbers of each persistence id must ascend without holes.",
            "",
            "Holes are no finding where events were deleted, or were rejected, behind which the same writer goes on; the latter are"
                    + " counted. Where records are damaged all holes are told: they are what may be lost. Exit code 1 with findings.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve journal verify --dir /var/lib/bank/journal",
            "  varve journal verify --dir /var/lib/bank/journal --json"
        })
final class JournalVerifyCommand implements Callable<Integer> {
    @Mixin
    private JournalDirectoryOption directory;

    @Option(names = "--json", description = "Print each finding as a JSON object on a line.")
    private boolean json;

    private final Streams streams;
    private final Output out;
    private JsonLines lines;
    private long findings;
    private long events;
    private long rejections;
    private long bytes;

    JournalVerifyCommand(Streams streams, Output out) {
        this.streams = streams;
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        lines = json ? new JsonLines(out) : null;
        JournalFiles journal = directory.journal();
        for (Path log : journal.logs()) {
            verify(journal, log);
        }
        out.flush();
        streams.err()
                .println("verified " + journal.logs().size() + " partitions, " + events + " events, " + bytes
                        + " bytes, "
                        + rejections + " holes where events were rejected: "
                        + (findings == 0 ? "no findings" : findings + " findings"));
        return findings == 0 ? ExitCodes.FINE : ExitCodes.DAMAGE;
    }

    private void verify(JournalFiles journal, Path log) {
        String partition = log.getFileName().toString();
        long before = findings;
        LogInspector.Verified verified =
                LogInspector.verify(log, ReadingCommand.OPTIONS, damage -> tell(partition, damage), progress -> {});
        bytes += verified.bytes();
        boolean isDamaged = findings > before;
        EventOrder order = new EventOrder(
                JournalFiles.deletions(log), isDamaged, (record, problem) -> tell(partition, record, problem));
        JournalFiles.walk(log, new JournalFiles.Visitor() {
            @Override
            public boolean record(LogRecord record) {
                if (record.key() != null) {
                    String id = JournalFiles.persistenceId(record.key());
                    Path right =
                            journal.store().partitions().get(journal.store().partitionOf(id));
                    if (!right.equals(log)) {
                        tell(
                                partition,
                                record,
                                "the events of persistence id [" + id + "] belong into " + right.getFileName());
                    }
                }
                order.record(record);
                return true;
            }

            @Override
            public void damage(Damage damage) {
                // It is among the findings already, with its kind.
            }
        });
        events += order.events();
        rejections += order.rejections();
    }

    private void tell(String partition, Damage damage) {
        findings++;
        print(partition + "/" + Findings.text(damage), fields -> {
            fields.writeStringField("partition", partition);
            JsonLines.writeDamage(fields, damage);
        });
    }

    private void tell(String partition, LogRecord record, String problem) {
        findings++;
        print(partition + " offset " + record.offset() + ": EVENT: " + problem, fields -> {
            fields.writeStringField("partition", partition);
            fields.writeNumberField("offset", record.offset());
            fields.writeStringField("kind", "EVENT");
            fields.writeStringField("detail", problem);
        });
    }

    private void print(String text, JsonLines.Fields fields) {
        try {
            if (lines == null) {
                out.line(text);
            } else {
                lines.line(fields);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.flush();
    }
}
