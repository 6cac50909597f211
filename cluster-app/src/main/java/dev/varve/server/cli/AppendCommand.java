package dev.varve.server.cli;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.RecoveryReport;
import dev.varve.log.RollPolicy;
import dev.varve.log.format.Compression;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Appends lines. */
@Command(
        name = "append",
        description = {
            "Appends each line of a file or of standard input as a record.",
            "",
            "A line ends at a line feed, which is not stored; a last line without one counts. All other bytes are content:"
                    + " carriage returns, NULs, text in any encoding or none. Creates the log if there is none. Interrupted, it"
                    + " stores what it has read and closes the log. A summary goes to standard error.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve append --dir /var/lib/orders orders.txt",
            "  tail -F app.log | varve append --dir /var/lib/app --acks",
            "  varve append --dir /var/lib/users --key-separator : /etc/passwd"
        })
final class AppendCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private DirectoryOption directory;

    @Mixin
    private SyncPolicyOption sync;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "100",
            description =
                    "How many records at most are one atomic batch (default: ${DEFAULT-VALUE}). A batch that is not full"
                            + " goes after 10 ms without input.")
    private int batchRecords;

    @Option(
            names = "--key-separator",
            paramLabel = "C",
            converter = KeySeparator.Converter.class,
            description =
                    "What lies before the first C of a line is the key, what lies behind it the value; a line without"
                            + " C has no key. \\t stands for a tab.")
    private KeySeparator keySeparator = new KeySeparator(new byte[0]);

    @Option(
            names = "--compression",
            paramLabel = "CODEC",
            defaultValue = "none",
            converter = CompressionKind.class,
            completionCandidates = CompressionKind.class,
            description =
                    "How new batches are stored: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}). Larger batches gain"
                            + " more; those that are there already stay as they are.")
    private Compression compression;

    @Option(
            names = "--segment-bytes",
            paramLabel = "BYTES",
            defaultValue = "1g",
            converter = ByteCount.class,
            description = "How large a segment file may grow (default: ${DEFAULT-VALUE}).")
    private long segmentBytes;

    @Option(
            names = "--max-batch-bytes",
            paramLabel = "BYTES",
            defaultValue = "16m",
            converter = ByteCount.class,
            description = "How large a batch, and so a line, may be, its frame included (default: ${DEFAULT-VALUE}).")
    private long maxBatchBytes;

    @Option(
            names = "--acks",
            description = "Print \"acked OFFSET\" on a line for each record as soon as it is acknowledged.")
    private boolean acks;

    @Parameters(arity = "0..1", paramLabel = "FILE", description = "The file to append; standard input by default.")
    private Path file;

    private final Streams streams;
    private final Output out;
    private final GracefulStop stop;
    private final long startNanos = System.nanoTime();

    AppendCommand(Streams streams, Output out, GracefulStop stop) {
        this.streams = streams;
        this.out = out;
        this.stop = stop;
    }

    @Override
    public Integer call() throws IOException {
        LogOptions options = options();
        if (file == null) {
            append(streams.in(), 0, options);
        } else {
            // Before the log is opened: a wrong name should not leave an empty log behind.
            try (InputStream in = openFile()) {
                append(in, Files.size(file), options);
            }
        }
        return ExitCodes.FINE;
    }

    private LogOptions options() {
        try {
            if (batchRecords < 1) {
                throw new IllegalArgumentException("--batch must be 1 or more, not " + batchRecords);
            }
            return LogOptions.defaults()
                    .withSyncPolicy(sync.policy())
                    .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(segmentBytes))
                    .withMaxBatchBytes(Math.toIntExact(maxBatchBytes))
                    .withCompression(compression);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private InputStream openFile() {
        try {
            return new FileInputStream(file.toFile());
        } catch (IOException e) {
            throw new RefusedException("the input cannot be read: " + e.getMessage(), e);
        }
    }

    private void append(InputStream in, long inputBytes, LogOptions options) {
        LineInput input =
                new LineInput(in, new RecordMaker(keySeparator.bytes(), options.maxBatchBytes(), "--max-batch-bytes"));
        Progress progress = Progress.on(streams.err(), streams.errIsTerminal() && !(acks && streams.outIsTerminal()));
        PartitionLog log = PartitionLog.open(directory.path(), options);
        Appender appender = new Appender(log, batchRecords, options.maxBatchBytes(), this::acknowledge);
        try (log) {
            tell(log.recovery());
            stop.whenAsked(input::stop);
            input.start();
            // With their line feeds the lines are as long as the file.
            Runnable onProgress =
                    () -> progress.tell("append", appender.lineBytes() + appender.records(), inputBytes, "bytes");
            new AppendLoop(input, log, appender, onProgress).run();
        } catch (OutputFailedException e) {
            throw new RefusedException("stopped, for nobody would see the acknowledgements: " + e.getMessage(), e);
        } finally {
            progress.clear();
            summarize(appender, input.bytesLeftOut());
        }
    }

    private void tell(RecoveryReport report) {
        if (report.quarantinedBytes() > 0) {
            streams.err()
                    .println("varve: the last owner left an unfinished commit of " + report.quarantinedBytes()
                            + " bytes past what was durable; it was cut off and is kept in "
                            + report.quarantineFile());
        }
        report.damage().forEach(damage -> streams.err().println("varve: damage: " + Findings.text(damage)));
    }

    private void acknowledge(long firstOffset, long lastOffset) {
        if (acks) {
            for (long offset = firstOffset; offset <= lastOffset; offset++) {
                out.line("acked " + offset);
            }
            out.flush();
        }
    }

    private void summarize(Appender appender, int bytesLeftOut) {
        if (bytesLeftOut > 0) {
            streams.err().println("varve: " + bytesLeftOut + " bytes of a line that had not ended yet were not stored");
        }
        streams.err()
                .println(String.format(
                        Locale.ROOT,
                        "appended %d records, %d bytes in %.3f seconds, %s",
                        appender.records(),
                        appender.lineBytes(),
                        (System.nanoTime() - startNanos) / 1e9,
                        appender.records() == 0
                                ? "no offsets"
                                : "offsets " + appender.firstOffset() + " to " + appender.lastOffset()));
    }
}
