package dev.varve.server.cli;

import dev.varve.log.ObservedLog;
import dev.varve.server.records.Timestamps;
import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Finds an offset by time. */
@Command(
        name = "lookup",
        description = {
            "Prints the first offset whose record has a timestamp at or after a time, or \"none\".",
            "",
            "Takes no lock and writes nothing.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve lookup --dir /var/lib/orders --time 2026-01-31T12:00:00Z",
            "  varve lookup --dir /var/lib/orders --time 2026-01-31T13:00:00.250+01:00",
            "  varve read --dir /var/lib/orders --from $(varve lookup --dir /var/lib/orders --time 2026-01-31)"
        })
final class LookupCommand extends ReadingCommand {
    @Option(
            names = "--time",
            required = true,
            paramLabel = "ISO-8601",
            converter = TimeConverter.class,
            description = "A date, or a date and a time; in UTC unless it has an offset.")
    private long timestamp;

    @Option(names = "--json", description = "Print one JSON object on a line; the offset is null if there is none.")
    private boolean json;

    private final Output out;

    LookupCommand(Output out) {
        this.out = out;
    }

    @Override
    int look(Path logDirectory) throws IOException {
        OptionalLong offset;
        try (ObservedLog log = ObservedLog.open(logDirectory, OPTIONS)) {
            offset = log.offsetForTimestamp(timestamp);
        }
        if (json) {
            new JsonLines(out).line(fields -> {
                fields.writeFieldName("offset");
                if (offset.isPresent()) {
                    fields.writeNumber(offset.getAsLong());
                } else {
                    fields.writeNull();
                }
            });
        } else {
            out.line(offset.isPresent() ? Long.toString(offset.getAsLong()) : "none");
        }
        return ExitCodes.FINE;
    }

    /** To milliseconds since 1970-01-01T00:00:00Z. */
    private static final class TimeConverter implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            try {
                return Timestamps.parse(text);
            } catch (DateTimeException e) {
                throw new TypeConversionException(
                        "'" + text + "' is no ISO-8601 date or time, such as 2026-01-31T12:00:00Z or 2026-01-31");
            }
        }
    }
}
