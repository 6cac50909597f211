package dev.varve.server.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.server.perf.Advice;
import dev.varve.server.perf.DiskFigures;
import dev.varve.server.perf.DiskProbe;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures a disk. */
@Command(
        name = "perf",
        description = {
            "Measures the disk that a directory is on, and prints the settings to use there and why.",
            "",
            "Writes into a file of its own, of up to 1 GiB or a quarter of the free room, that leaves nothing behind; makes"
                    + " the directory for that time if it is not there. A log that lies there is not touched.",
            ""
        },
        footer = {"", "Examples:", "  varve perf --dir /var/lib", "  varve perf --dir /var/lib --seconds 60 --json"})
final class PerfCommand implements Callable<Integer> {
    private static final int MAX_SECONDS = 3600;

    @Spec
    private CommandSpec spec;

    @Option(names = "--dir", required = true, paramLabel = "DIR", description = "A directory on the disk to measure.")
    private Path directory;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "8",
            description = "About how long to measure (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--json", description = "Print all of it as a JSON object on a line.")
    private boolean json;

    private final Streams streams;
    private final Output out;
    private final GracefulStop stop;
    private volatile boolean isStopped;

    PerfCommand(Streams streams, Output out, GracefulStop stop) {
        this.streams = streams;
        this.out = out;
        this.stop = stop;
    }

    @Override
    public Integer call() throws IOException {
        if (seconds < 1 || seconds > MAX_SECONDS) {
            throw new ParameterException(
                    spec.commandLine(), "--seconds is from 1 to " + MAX_SECONDS + ", not " + seconds);
        }
        stop.whenAsked(() -> isStopped = true);
        List<Path> made = new ArrayList<>();
        try {
            makeDirectories(directory.toAbsolutePath().normalize(), made);
            if (PartitionLog.exists(directory, LogOptions.defaults())) {
                streams.err()
                        .println("varve: there is a log in " + directory
                                + "; it is not touched, but while it is in use each slows the other down");
            }
            DiskFigures figures;
            try (DiskProbe probe = new DiskProbe(directory, Duration.ofSeconds(seconds), () -> isStopped)) {
                figures = probe.measure();
            }
            Advice advice = Advice.of(figures);
            if (json) {
                printJson(figures, advice);
            } else {
                print(figures, advice);
            }
            return ExitCodes.FINE;
        } catch (DiskProbe.StoppedException e) {
            streams.err().println("varve: " + e.getMessage());
            return ExitCodes.REFUSED;
        } catch (IOException e) {
            throw new RefusedException("cannot measure in " + directory + ": " + e, e);
        } finally {
            removeDirectories(made);
        }
    }

    private static void removeDirectories(List<Path> made) throws IOException {
        try {
            for (int i = made.size() - 1; i >= 0; i--) {
                Files.deleteIfExists(made.get(i));
            }
        } catch (DirectoryNotEmptyException e) {
            // Somebody else has begun to use it.
            return;
        }
    }

    /** Makes what is missing and notes it down, outermost first. */
    private static void makeDirectories(Path path, List<Path> made) throws IOException {
        if (Files.isDirectory(path)) {
            return;
        }
        if (Files.exists(path)) {
            throw new FileAlreadyExistsException(path + " is no directory");
        }
        makeDirectories(path.getParent(), made);
        Files.createDirectory(path);
        made.add(path);
    }

    private void print(DiskFigures figures, Advice advice) {
        say("%s, %s", directory.toAbsolutePath(), figures.fileSystem());
        say("");
        say("append and sync          p50        p99");
        for (DiskFigures.Appends appends : figures.appends()) {
            say(
                    "%7s %-13s %s %s",
                    appends.bytes() / 1024 + " KiB",
                    appends.preallocated() ? "blocks there" : "file grows",
                    millis(appends.p50Nanos()),
                    millis(appends.p99Nanos()));
        }
        say("write %22s", rate(figures.writeBytesPerSecond()));
        say("read  %22s%s", rate(figures.readBytesPerSecond()), figures.cachedReads() ? ", from memory" : "");
        for (DiskFigures.Compressor compressor : figures.compressors()) {
            say(
                    "%-4s  %22s, leaves %.0f %% of text",
                    compressor.kind(), rate(compressor.bytesPerSecond()), compressor.ratio() * 100);
        }
        say("");
        say("varve.log.sync = every-write");
        say("varve.log.segment-bytes = %d MiB", advice.segmentBytes() >> 20);
        say("varve.log.compression = %s", advice.compression());
        say("# batches of about %d KiB", advice.batchBytes() >> 10);
        say("");
        advice.reasons().forEach(reason -> say("%s.", reason));
        if (!advice.warnings().isEmpty()) {
            say("");
            advice.warnings().forEach(warning -> say("Warning: %s.", warning));
        }
    }

    private void say(String format, Object... values) {
        out.line(values.length == 0 ? format : String.format(Locale.ROOT, format, values));
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, "%7.3f ms", nanos / 1e6);
    }

    private static String rate(double bytesPerSecond) {
        return String.format(Locale.ROOT, "%.0f MB/s", bytesPerSecond / 1e6);
    }

    private void printJson(DiskFigures figures, Advice advice) throws IOException {
        new JsonLines(out).line(fields -> {
            fields.writeStringField("dir", directory.toString());
            fields.writeStringField("fileSystem", figures.fileSystem());
            fields.writeArrayFieldStart("appends");
            for (DiskFigures.Appends appends : figures.appends()) {
                fields.writeStartObject();
                fields.writeNumberField("bytes", appends.bytes());
                fields.writeBooleanField("preallocated", appends.preallocated());
                fields.writeNumberField("count", appends.count());
                fields.writeNumberField("p50Micros", appends.p50Nanos() / 1000);
                fields.writeNumberField("p99Micros", appends.p99Nanos() / 1000);
                fields.writeEndObject();
            }
            fields.writeEndArray();
            fields.writeNumberField("writeBytesPerSecond", (long) figures.writeBytesPerSecond());
            fields.writeNumberField("readBytesPerSecond", (long) figures.readBytesPerSecond());
            fields.writeBooleanField("cachedReads", figures.cachedReads());
            fields.writeArrayFieldStart("compressors");
            for (DiskFigures.Compressor compressor : figures.compressors()) {
                fields.writeStartObject();
                fields.writeStringField("kind", compressor.kind().toString());
                fields.writeNumberField("bytesPerSecond", (long) compressor.bytesPerSecond());
                fields.writeNumberField("percentLeft", Math.round(compressor.ratio() * 100));
                fields.writeEndObject();
            }
            fields.writeEndArray();
            fields.writeObjectFieldStart("settings");
            fields.writeStringField("varve.log.sync", "every-write");
            fields.writeNumberField("varve.log.segment-bytes", advice.segmentBytes());
            fields.writeStringField(
                    "varve.log.compression", advice.compression().toString());
            fields.writeEndObject();
            fields.writeNumberField("batchBytes", advice.batchBytes());
            fields.writeBooleanField("syncIsSlow", advice.syncIsSlow());
            writeStrings(fields, "reasons", advice.reasons());
            writeStrings(fields, "warnings", advice.warnings());
        });
    }

    private static void writeStrings(JsonGenerator fields, String name, List<String> texts) throws IOException {
        fields.writeArrayFieldStart(name);
        for (String text : texts) {
            fields.writeString(text);
        }
        fields.writeEndArray();
    }
}
