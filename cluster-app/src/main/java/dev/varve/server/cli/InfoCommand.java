package dev.varve.server.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.log.Damage;
import dev.varve.log.LogDescription;
import dev.varve.log.ObservedLog;
import dev.varve.log.SegmentDescription;
import dev.varve.server.records.Timestamps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Describes a log. */
@Command(
        name = "info",
        description = {
            "Shows what a log holds: offsets, state, segments, and damage that is known of.",
            "",
            "The state is CLEAN if the last owner closed the log, UNFINISHED if one is at work or did not. Takes no lock and"
                    + " writes nothing. Exit code 1 if there is known damage (verify looks for unknown damage).",
            ""
        },
        footer = {"", "Examples:", "  varve info --dir /var/lib/orders", "  varve info --dir /var/lib/orders --json"})
final class InfoCommand extends ReadingCommand {
    @Option(names = "--json", description = "Print one JSON object on a line.")
    private boolean json;

    private final Output out;

    InfoCommand(Output out) {
        this.out = out;
    }

    @Override
    int look(Path logDirectory) throws IOException {
        LogDescription log;
        try (ObservedLog observed = ObservedLog.open(logDirectory, OPTIONS)) {
            log = observed.describe();
        }
        if (json) {
            new JsonLines(out).line(fields -> write(fields, log));
        } else {
            print(logDirectory, log);
        }
        return log.damage().isEmpty() ? ExitCodes.FINE : ExitCodes.DAMAGE;
    }

    private static void write(JsonGenerator json, LogDescription log) throws IOException {
        json.writeStringField("logId", logId(log));
        json.writeNumberField("epoch", log.epoch());
        json.writeNumberField("logStartOffset", log.logStartOffset());
        json.writeNumberField("logEndOffset", log.logEndOffset());
        json.writeNumberField("durableOffset", log.durableOffset());
        json.writeStringField("state", log.state().name());
        json.writeNumberField("records", log.records());
        json.writeNumberField("bytes", log.bytes());
        json.writeArrayFieldStart("segments");
        for (SegmentDescription segment : log.segments()) {
            json.writeStartObject();
            json.writeStringField("file", segment.file());
            json.writeNumberField("baseOffset", segment.baseOffset());
            json.writeNumberField("lastOffset", segment.lastOffset());
            json.writeNumberField("records", segment.records());
            json.writeNumberField("bytes", segment.bytes());
            json.writeStringField("minTimestamp", segment.records() == 0 ? null : time(segment.minTimestamp()));
            json.writeStringField("maxTimestamp", segment.records() == 0 ? null : time(segment.maxTimestamp()));
            json.writeBooleanField("sealed", segment.sealed());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("damage");
        for (Damage damage : log.damage()) {
            json.writeStartObject();
            JsonLines.writeDamage(json, damage);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void print(Path logDirectory, LogDescription log) {
        out.line("directory       " + logDirectory.toAbsolutePath().normalize());
        out.line("log id          " + logId(log));
        out.line("state           " + log.state());
        out.line("epoch           " + log.epoch());
        out.line("log start       " + log.logStartOffset());
        out.line("log end         " + log.logEndOffset());
        out.line("durable         " + log.durableOffset());
        out.line("records         " + log.records());
        out.line("bytes           " + log.bytes());
        out.line("");
        String format = "%-24s %20s %20s %12s %12s  %-24s  %-24s  %s";
        out.line(String.format(
                Locale.ROOT,
                format,
                "segment",
                "base offset",
                "last offset",
                "records",
                "bytes",
                "least timestamp",
                "greatest timestamp",
                "sealed"));
        for (SegmentDescription segment : log.segments()) {
            boolean isEmpty = segment.records() == 0;
            out.line(String.format(
                    Locale.ROOT,
                    format,
                    segment.file(),
                    segment.baseOffset(),
                    isEmpty ? "-" : segment.lastOffset(),
                    segment.records(),
                    segment.bytes(),
                    isEmpty ? "-" : time(segment.minTimestamp()),
                    isEmpty ? "-" : time(segment.maxTimestamp()),
                    segment.sealed() ? "yes" : "no"));
        }
        if (!log.damage().isEmpty()) {
            out.line("");
            out.line("damage:");
            log.damage().forEach(damage -> out.line("  " + Findings.text(damage)));
        }
    }

    private static String logId(LogDescription log) {
        return String.format(Locale.ROOT, "%016x", log.logId());
    }

    private static String time(long timestamp) {
        return Timestamps.format(timestamp);
    }
}
