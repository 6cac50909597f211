package dev.varve.server.cli;

import dev.varve.server.demo.Demo;
import dev.varve.server.demo.DemoFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/** Shows what a log is for. */
@Command(
        name = "demo",
        description = {
            "Shows in a few seconds what a log does: appends a real text, reads it back, looks up by time, kills a writer,"
                    + " flips a bit, deletes; and checks each time that all is as it should be.",
            "",
            "Works in a temporary directory and clears it away, unless something is wrong. Exit code 1 then.",
            ""
        },
        footer = {"", "Example:", "  varve demo"})
final class DemoCommand implements Callable<Integer> {
    private final Streams streams;
    private final Output out;
    private final GracefulStop stop;
    private volatile boolean isStopped;

    DemoCommand(Streams streams, Output out, GracefulStop stop) {
        this.streams = streams;
        this.out = out;
        this.stop = stop;
    }

    @Override
    public Integer call() throws IOException {
        long startNanos = System.nanoTime();
        Path directory = Files.createTempDirectory("varve-demo-");
        stop.whenAsked(() -> isStopped = true);
        boolean isToBeCleared = true;
        try {
            new Demo(directory, this::say).run();
        } catch (DemoFailedException e) {
            // Interrupted at a terminal, the process that the demo works with is interrupted too: that is no failure.
            isToBeCleared = isStopped;
            out.flush();
            streams.err().println("varve: the demo " + (isStopped ? "was stopped" : "FAILED") + ": " + e.getMessage());
            return ExitCodes.DAMAGE;
        } catch (IOException | RuntimeException e) {
            isToBeCleared = isStopped;
            throw e;
        } finally {
            if (isToBeCleared) {
                clearAway(directory);
            } else {
                streams.err().println("varve: what it worked on is in " + directory);
            }
        }
        say("");
        say(String.format(
                Locale.ROOT, "All as it should be, in %.1f seconds.", (System.nanoTime() - startNanos) / 1e9));
        return ExitCodes.FINE;
    }

    private void say(String line) {
        out.line(line);
        out.flush();
    }

    private static void clearAway(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }
}
