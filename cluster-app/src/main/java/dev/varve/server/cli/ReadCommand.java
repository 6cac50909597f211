package dev.varve.server.cli;

import dev.varve.log.LogException;
import dev.varve.log.ObservedLog;
import dev.varve.log.ReadResult;
import dev.varve.log.StoredBatch;
import dev.varve.log.format.LogRecord;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Prints records. */
@Command(
        name = "read",
        description = {
            "Prints the values of a log in order, each followed by a line feed.",
            "",
            "At damage: the good values before it, one line on standard error, exit code 1. A record whose value is null"
                    + " is an empty line; --json tells the two apart. Takes no lock and writes nothing.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve read --dir /var/lib/orders > orders.txt",
            "  varve read --dir /var/lib/orders --from 1000 --max 10 --json",
            "  varve read --dir /var/lib/orders --follow"
        })
final class ReadCommand extends ReadingCommand {
    /** How many bytes are read at once: enough that the disk is not asked too often. */
    private static final int READ_BYTES = 1 << 20;

    @Option(
            names = "--from",
            paramLabel = "OFFSET",
            description = "The first offset to print; the log start offset by default.")
    private Long from;

    @Option(names = "--follow", description = "At the end of the log wait for more, until interrupted.")
    private boolean follow;

    @Option(
            names = "--json",
            description = "Print each record as a JSON object on a line: offset, timestamp, key, value, headers.")
    private boolean json;

    private final Streams streams;
    private final Output out;
    private final Progress progress;
    private long left = Long.MAX_VALUE;

    ReadCommand(Streams streams, Output out) {
        this.streams = streams;
        this.out = out;
        this.progress = Progress.on(streams.err(), streams.errIsTerminal() && !streams.outIsTerminal());
    }

    @Option(names = "--max", paramLabel = "N", description = "How many records to print at most; all by default.")
    void setMax(long max) {
        if (max < 0) {
            throw new TypeConversionException("must be 0 or more");
        }
        left = max;
    }

    @Override
    int look(Path logDirectory) throws IOException {
        RecordPrinter printer = json ? new JsonLines(out)::record : this::printValue;
        try (ObservedLog log = ObservedLog.open(logDirectory, OPTIONS)) {
            print(log, printer);
        } finally {
            progress.clear();
        }
        return ExitCodes.FINE;
    }

    /** Prints one record. */
    private interface RecordPrinter {
        void print(LogRecord record) throws IOException;
    }

    private void printValue(LogRecord record) {
        if (record.value() != null) {
            out.write(record.value());
        }
        out.write('\n');
    }

    private void print(ObservedLog log, RecordPrinter printer) throws IOException {
        FollowPause pause = new FollowPause();
        boolean began = from == null;
        long next = began ? log.describe().logStartOffset() : from;
        long first = next;
        while (left > 0) {
            try {
                ReadResult result = log.read(next, READ_BYTES);
                began = true;
                print(result, printer);
                next = result.nextOffset();
                progress.tell("read", next - first, result.logEndOffset() - first, "records");
                if (result.isEmpty()) {
                    if (!follow) {
                        break;
                    }
                    out.flush();
                    if (log.refresh()) {
                        pause.reset();
                    } else if (!pause.rest()) {
                        break;
                    }
                }
            } catch (LogException.BelowLogStart e) {
                if (!began) {
                    throw e;
                }
                streams.err()
                        .println("varve: offsets " + next + " to " + (e.logStartOffset() - 1)
                                + " were deleted meanwhile; going on at " + e.logStartOffset());
                next = e.logStartOffset();
                log.refresh();
            }
        }
    }

    private void print(ReadResult result, RecordPrinter printer) throws IOException {
        for (StoredBatch batch : result.batches()) {
            for (LogRecord record : batch.records()) {
                if (record.offset() >= result.fromOffset() && left > 0) {
                    printer.print(record);
                    left--;
                }
            }
        }
    }
}
