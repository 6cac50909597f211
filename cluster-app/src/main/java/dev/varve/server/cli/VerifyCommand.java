package dev.varve.server.cli;

import dev.varve.log.Damage;
import dev.varve.log.LogInspector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Looks for damage. */
@Command(
        name = "verify",
        description = {
            "Walks every byte that a reader could meet and prints what is not as it was written, a line each.",
            "",
            "An unfinished tail past the durable mark is no finding. Takes no lock, writes nothing, works on a live log."
                    + " Exit code 1 with findings.",
            ""
        },
        footer = {"", "Examples:", "  varve verify --dir /var/lib/orders", "  varve verify --dir /var/lib/orders --json"
        })
final class VerifyCommand extends ReadingCommand {
    @Option(names = "--json", description = "Print each finding as a JSON object on a line.")
    private boolean json;

    private final Streams streams;
    private final Output out;
    private final Progress progress;
    private long bytesWalked;

    VerifyCommand(Streams streams, Output out) {
        this.streams = streams;
        this.out = out;
        this.progress = Progress.on(streams.err(), streams.errIsTerminal());
    }

    @Override
    int look(Path logDirectory) throws IOException {
        JsonLines lines = json ? new JsonLines(out) : null;
        long bytesToWalk = SegmentBytes.in(logDirectory);
        LogInspector.Verified verified;
        try {
            verified = LogInspector.verify(logDirectory, OPTIONS, damage -> print(lines, damage), bytes -> {
                bytesWalked += bytes;
                progress.tell("verify", bytesWalked, bytesToWalk, "bytes");
            });
        } finally {
            progress.clear();
        }
        out.flush();
        streams.err()
                .println("verified " + verified.segments() + " segments, " + verified.frames() + " frames, "
                        + verified.records() + " records, " + verified.bytes() + " bytes: "
                        + (verified.findings() == 0 ? "no findings" : verified.findings() + " findings"));
        return verified.findings() == 0 ? ExitCodes.FINE : ExitCodes.DAMAGE;
    }

    private void print(JsonLines lines, Damage damage) {
        progress.clear();
        try {
            if (lines == null) {
                out.line(Findings.text(damage));
            } else {
                lines.damage(damage);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.flush();
    }
}
