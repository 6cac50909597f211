package dev.varve.server.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.log.Damage;
import dev.varve.log.FrameDescription;
import dev.varve.log.LogInspector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Shows the frames of a log. */
@Command(
        name = "dump",
        description = {
            "Prints a line for each frame (a batch of records as it lies on the disk), in order; damage in between too.",
            "",
            "A frame of 0 records is a durable mark, the log's own. Takes no lock and writes nothing. Exit code 1 if it met"
                    + " damage.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve dump --dir /var/lib/orders",
            "  varve dump --dir /var/lib/orders --from 1000 --max 1 --json"
        })
final class DumpCommand extends ReadingCommand {
    @Option(
            names = "--from",
            paramLabel = "OFFSET",
            description = "Begin at the frame that holds this offset; at the first frame by default.")
    private long from = Long.MIN_VALUE;

    @Option(names = "--json", description = "Print each frame, and each damage, as a JSON object on a line.")
    private boolean json;

    private final Output out;
    private long left = Long.MAX_VALUE;

    DumpCommand(Output out) {
        this.out = out;
    }

    @Option(names = "--max", paramLabel = "N", description = "How many frames to print at most; all by default.")
    void setMax(long max) {
        if (max < 0) {
            throw new TypeConversionException("must be 0 or more");
        }
        left = max;
    }

    @Override
    int look(Path logDirectory) throws IOException {
        if (left == 0) {
            return ExitCodes.FINE;
        }
        Printer printer = new Printer(json ? new JsonLines(out) : null);
        LogInspector.dump(logDirectory, OPTIONS, from, printer);
        return printer.metDamage ? ExitCodes.DAMAGE : ExitCodes.FINE;
    }

    /** Prints frames until there were enough. */
    private final class Printer implements LogInspector.FrameVisitor {
        private final JsonLines lines;
        private boolean metDamage;

        Printer(JsonLines lines) {
            this.lines = lines;
        }

        @Override
        public boolean frame(FrameDescription frame) {
            try {
                if (lines == null) {
                    out.line(text(frame));
                } else {
                    lines.line(fields -> write(fields, frame));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return --left > 0;
        }

        @Override
        public boolean damage(Damage damage) {
            metDamage = true;
            try {
                if (lines == null) {
                    out.line(Findings.text(damage));
                } else {
                    lines.damage(damage);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return true;
        }
    }

    private static String text(FrameDescription frame) {
        return String.format(
                Locale.ROOT,
                "%s position=%d epoch=%d sequence=%d baseOffset=%d lastOffset=%d records=%d bytes=%d codec=%s crc=%08x"
                        + " durableMark=%d%s",
                frame.file(),
                frame.position(),
                frame.epoch(),
                frame.sequence(),
                frame.baseOffset(),
                frame.lastOffset(),
                frame.records(),
                frame.bytes(),
                frame.codec(),
                frame.crc(),
                frame.durableMark(),
                frame.control() ? " control" : "");
    }

    private static void write(JsonGenerator json, FrameDescription frame) throws IOException {
        json.writeStringField("file", frame.file());
        json.writeNumberField("position", frame.position());
        json.writeNumberField("epoch", frame.epoch());
        json.writeNumberField("sequence", frame.sequence());
        json.writeNumberField("baseOffset", frame.baseOffset());
        json.writeNumberField("lastOffset", frame.lastOffset());
        json.writeNumberField("records", frame.records());
        json.writeNumberField("bytes", frame.bytes());
        json.writeStringField("codec", frame.codec());
        json.writeStringField("crc", String.format(Locale.ROOT, "%08x", frame.crc()));
        json.writeNumberField("durableMark", frame.durableMark());
        json.writeBooleanField("control", frame.control());
    }
}
