package dev.varve.server.cli;

import com.typesafe.config.ConfigException;
import dev.varve.partition.PartitionException;
import dev.varve.persistence.storage.StorageException;
import dev.varve.server.journal.Journals;
import dev.varve.server.journal.TransferFailedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Carries events from one journal to another. */
abstract class TransferCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "A configuration in HOCON that describes the journals, and the serializers of the application if it has some.")
    private Path config;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "The varve.directory; by default what the configuration says.")
    private Path directory;

    @Option(
            names = "--query",
            paramLabel = "PLUGIN",
            description = "The read journal of the source. Known of varve and LevelDB; of others it must be said.")
    private String query;

    @Option(
            names = "--tag",
            paramLabel = "TAG",
            description = "A tag to carry; once for each. From a journal of varve all tags are carried.")
    private List<String> tags = List.of();

    @Option(
            names = "--id",
            paramLabel = "ID",
            description = "A persistence id to carry; once for each. All by default.")
    private List<String> persistenceIds = List.of();

    @Option(
            names = "--json",
            description = "Print JSON: a line for each persistence id that is not carried, and one with the sums.")
    private boolean json;

    private final Streams streams;
    private final Output out;
    private final GracefulStop stop;
    private volatile boolean isAskedToStop;

    TransferCommand(Streams streams, Output out, GracefulStop stop) {
        this.streams = streams;
        this.out = out;
        this.stop = stop;
    }

    abstract String from();

    abstract String to();

    @Override
    public Integer call() throws IOException {
        if (config != null && !Files.isRegularFile(config)) {
            throw new ParameterException(spec.commandLine(), "there is no file " + config);
        }
        stop.whenAsked(() -> isAskedToStop = true);
        JsonLines lines = json ? new JsonLines(out) : null;
        try (Journals journals =
                Journals.open(config, directory, new Journals.Plan(from(), query, to(), tags, persistenceIds))) {
            Journals.Result result =
                    journals.transfer((id, reason) -> notCarried(lines, id, reason), () -> isAskedToStop);
            print(lines, result);
            return result.notCarried() == 0 ? ExitCodes.FINE : ExitCodes.DAMAGE;
        } catch (ConfigException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        } catch (TransferFailedException | StorageException | PartitionException e) {
            throw new RefusedException(e.getMessage() + ". What was carried stays; run the command again to go on");
        }
    }

    private void notCarried(JsonLines lines, String id, String reason) {
        try {
            if (lines == null) {
                out.line("not carried: " + id + ": " + reason);
            } else {
                lines.line(fields -> {
                    fields.writeStringField("notCarried", id);
                    fields.writeStringField("reason", reason);
                });
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void print(JsonLines lines, Journals.Result result) throws IOException {
        if (lines == null) {
            out.line("carried " + result.events() + " events; " + result.persistenceIds()
                    + " persistence ids agree with the source (" + result.alreadyThere() + " had events here before, "
                    + result.deletedPrefixes() + " have deleted ones), " + result.notCarried() + " do not");
            if (!result.isComplete()) {
                out.line("stopped before the end; run it again to go on");
            }
            result.notes().forEach(note -> streams.err().println("varve: " + note));
        } else {
            lines.line(fields -> {
                fields.writeNumberField("events", result.events());
                fields.writeNumberField("persistenceIds", result.persistenceIds());
                fields.writeNumberField("alreadyThere", result.alreadyThere());
                fields.writeNumberField("deletedPrefixes", result.deletedPrefixes());
                fields.writeNumberField("notCarried", result.notCarried());
                fields.writeBooleanField("complete", result.isComplete());
                fields.writeArrayFieldStart("notes");
                for (String note : result.notes()) {
                    fields.writeString(note);
                }
                fields.writeEndArray();
            });
        }
    }
}
