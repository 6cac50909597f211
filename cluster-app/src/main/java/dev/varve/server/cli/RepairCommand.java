package dev.varve.server.cli;

import dev.varve.log.Damage;
import dev.varve.log.LogOptions;
import dev.varve.log.LogRepair;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Copies what is good of a log. */
@Command(
        name = "repair",
        description = {
            "Copies all that is good of a log, whatever its condition, into another directory, and prints what was left out,"
                    + " a line each.",
            "",
            "Records keep their offsets; where something is left out there is a gap. The copy is a whole log of the same id:"
                    + " it opens, and appends go on above the greatest offset that the old one is known to have had.",
            "Never writes into DIR, and takes no lock there: stop the owner first, or have the log as it was at some moment."
                    + " A repair that was broken off leaves no log: delete DIR2 and begin anew.",
            "Exit code 0 if nothing was left out, 1 if something was.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve repair --dir /var/lib/orders --out /var/lib/orders.repaired",
            "  varve repair --dir /var/lib/orders --out /mnt/new/orders --json > left-out.json"
        })
final class RepairCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private DirectoryOption directory;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR2",
            description = "The directory to write into; empty, or not there yet.")
    private Path target;

    @Option(
            names = "--json",
            description = "Print each finding as a JSON object on a line, and at last one that sums up.")
    private boolean json;

    private final Streams streams;
    private final Output out;
    private final Progress progress;
    private final List<String> notes = new ArrayList<>();
    private long bytesRead;
    /** That what was left out could not be told is no reason to break off. */
    private OutputFailedException outputFailure;

    RepairCommand(Streams streams, Output out) {
        this.streams = streams;
        this.out = out;
        this.progress = Progress.on(streams.err(), streams.errIsTerminal());
    }

    @Override
    public Integer call() throws IOException {
        Path source = directory.path();
        if (!Files.isDirectory(source)) {
            throw new RefusedException("there is no directory " + source.toAbsolutePath());
        }
        requireFreeTarget(source);
        JsonLines lines = json ? new JsonLines(out) : null;
        long bytesToRead = SegmentBytes.in(source);
        LogRepair.Repaired repaired;
        try {
            repaired = LogRepair.repair(source, target, LogOptions.defaults(), told(lines), bytes -> {
                bytesRead += bytes;
                progress.tell("repair", bytesRead, bytesToRead, "bytes");
            });
        } finally {
            progress.clear();
        }
        sumUp(lines, repaired);
        if (outputFailure != null && !outputFailure.readerIsGone()) {
            throw outputFailure;
        }
        return repaired.leftOut() == 0 ? ExitCodes.FINE : ExitCodes.DAMAGE;
    }

    private void requireFreeTarget(Path source) throws IOException {
        Path inside = existing(target.toAbsolutePath().normalize()).toRealPath();
        if (inside.startsWith(source.toRealPath())) {
            throw new ParameterException(
                    spec.commandLine(), target + " lies in " + source + ", where nothing is to be written");
        }
        if (!Files.exists(target)) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(target)) {
            if (files.iterator().hasNext()) {
                throw new ParameterException(
                        spec.commandLine(),
                        target
                                + " is not empty; name another directory, or delete what a repair that was broken off left"
                                + " there");
            }
        } catch (NotDirectoryException e) {
            throw new ParameterException(spec.commandLine(), target + " is no directory", e);
        }
    }

    /** The nearest directory that is there already. */
    private static Path existing(Path path) {
        Path at = path;
        while (!Files.exists(at)) {
            at = at.getParent();
        }
        return at;
    }

    private LogRepair.Told told(JsonLines lines) {
        return new LogRepair.Told() {
            @Override
            public void leftOut(Damage damage) {
                progress.clear();
                if (outputFailure == null) {
                    print(lines, damage);
                }
            }

            @Override
            public void note(String text) {
                progress.clear();
                streams.err().println("varve: " + text);
                notes.add(text);
            }
        };
    }

    private void print(JsonLines lines, Damage damage) {
        try {
            if (lines == null) {
                out.line(Findings.text(damage));
            } else {
                lines.damage(damage);
            }
            out.flush();
        } catch (OutputFailedException e) {
            outputFailure = e;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void sumUp(JsonLines lines, LogRepair.Repaired repaired) throws IOException {
        if (lines != null && outputFailure == null) {
            lines.line(fields -> {
                fields.writeStringField("out", target.toString());
                fields.writeNumberField("segments", repaired.segments());
                fields.writeNumberField("frames", repaired.frames());
                fields.writeNumberField("records", repaired.records());
                fields.writeNumberField("bytes", repaired.bytes());
                fields.writeNumberField("logStartOffset", repaired.logStartOffset());
                fields.writeNumberField("logEndOffset", repaired.logEndOffset());
                fields.writeNumberField("leftOut", repaired.leftOut());
                fields.writeArrayFieldStart("notes");
                for (String note : notes) {
                    fields.writeString(note);
                }
                fields.writeEndArray();
            });
            out.flush();
        }
        streams.err()
                .println("repaired into " + target + ": " + repaired.segments() + " segments, " + repaired.records()
                        + " records, " + repaired.bytes() + " bytes; log start offset " + repaired.logStartOffset()
                        + ", log end offset " + repaired.logEndOffset() + "; "
                        + (repaired.leftOut() == 0 ? "nothing was left out" : repaired.leftOut() + " findings"));
    }
}
