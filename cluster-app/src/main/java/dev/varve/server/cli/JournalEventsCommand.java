package dev.varve.server.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.log.Damage;
import dev.varve.log.format.LogRecord;
import dev.varve.persistence.journal.StoredEvent;
import dev.varve.server.journal.JournalFiles;
import dev.varve.server.records.Timestamps;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Prints events. */
@Command(
        name = "events",
        description = {
            "Prints the events of a persistence id, or those with a tag, in the order of the journal, without those that are deleted.",
            "",
            "Reads the partition that has them, as a whole. At damage: what is left, a line on standard error for each place, exit"
                    + " code 1.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve journal events --dir /var/lib/bank/journal --id 'Account|account-1' --from 100 --max 10",
            "  varve journal events --dir /var/lib/bank/journal --tag vip --json"
        })
final class JournalEventsCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private JournalDirectoryOption directory;

    @Option(names = "--id", paramLabel = "ID", description = "The persistence id.")
    private String id;

    @Option(names = "--tag", paramLabel = "TAG", description = "Only events with this tag.")
    private String tag;

    @Option(names = "--from", paramLabel = "N", description = "The least sequence number wanted; 1 by default.")
    private long from = 1;

    @Option(
            names = "--json",
            description =
                    "Print each event as a JSON object on a line: also the payload, as text if it is UTF-8, else as base64.")
    private boolean json;

    private final Streams streams;
    private final Output out;
    private long left = Long.MAX_VALUE;
    private JsonLines lines;

    JournalEventsCommand(Streams streams, Output out) {
        this.streams = streams;
        this.out = out;
    }

    @Option(names = "--max", paramLabel = "N", description = "How many to print at most; all by default.")
    void setMax(long max) {
        if (max < 1) {
            throw new TypeConversionException("must be 1 or more");
        }
        left = max;
    }

    @Override
    public Integer call() throws IOException {
        if (id == null && tag == null) {
            throw new ParameterException(spec.commandLine(), "Say which events: --id=ID, --tag=TAG or both");
        }
        DamageReport damage = new DamageReport(streams.err());
        JournalFiles journal = directory.journal();
        lines = json ? new JsonLines(out) : null;
        List<Path> logs = id == null ? journal.logs() : journal.logs(id);
        for (Path log : logs) {
            print(log, damage);
        }
        return damage.exitCode();
    }

    private void print(Path log, DamageReport damage) {
        if (left == 0) {
            return;
        }
        byte[] key = id == null ? null : StoredEvent.key(id);
        JournalFiles.Deletions deletions = JournalFiles.deletions(log);
        JournalFiles.walk(log, new JournalFiles.Visitor() {
            @Override
            public boolean record(LogRecord record) {
                if (isWanted(record, key, deletions)) {
                    StoredEvent event = StoredEvent.of(record);
                    if (tag == null || event.tags().contains(tag)) {
                        print(record.offset(), event);
                        left--;
                    }
                }
                return left > 0;
            }

            @Override
            public void damage(Damage met) {
                damage.accept(met);
            }
        });
    }

    private boolean isWanted(LogRecord record, byte[] key, JournalFiles.Deletions deletions) {
        return record.key() != null
                && record.keySequence() >= from
                && (key == null || Arrays.equals(key, record.key()))
                && deletions.leaves(JournalFiles.persistenceId(record.key()), record);
    }

    private void print(long offset, StoredEvent event) {
        try {
            if (lines == null) {
                out.line(text(event));
            } else {
                lines.line(fields -> write(fields, offset, event));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(StoredEvent event) {
        return event.persistenceId() + " " + event.sequenceNr() + ": " + Timestamps.format(event.timestamp())
                + ", writer "
                + event.writerUuid() + ", serializer " + event.payload().serializerId()
                + (event.payload().manifest().isEmpty()
                        ? ""
                        : " [" + event.payload().manifest() + "]")
                + ", " + event.payload().bytes().length + " bytes"
                + (event.tags().isEmpty() ? "" : ", tags " + String.join(" ", event.tags()));
    }

    private void write(JsonGenerator fields, long offset, StoredEvent event) throws IOException {
        fields.writeStringField("persistenceId", event.persistenceId());
        fields.writeNumberField("sequenceNr", event.sequenceNr());
        fields.writeNumberField("offset", offset);
        fields.writeStringField("timestamp", Timestamps.format(event.timestamp()));
        fields.writeStringField("writer", event.writerUuid());
        fields.writeStringField("adapterManifest", event.adapterManifest());
        fields.writeArrayFieldStart("tags");
        for (String each : event.tags()) {
            fields.writeString(each);
        }
        fields.writeEndArray();
        fields.writeBooleanField("hasMetadata", event.metadata().isPresent());
        fields.writeNumberField("serializer", event.payload().serializerId());
        fields.writeStringField("manifest", event.payload().manifest());
        fields.writeNumberField("bytes", event.payload().bytes().length);
        lines.writeBytes("payload", event.payload().bytes());
    }
}
