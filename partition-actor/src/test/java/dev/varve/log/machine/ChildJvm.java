package dev.varve.log.machine;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A process of its own that runs a main class of the tests: one that can be killed, starved and lied to without harm to the
 * tests themselves. Speaks in lines over its standard input and output. For one thread at a time.
 */
final class ChildJvm implements Closeable {
    /** What makes a short life cheap: no second compiler, no threads for collecting a small heap, the shared archive. */
    private static final List<String> FLAGS = List.of(
            "-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-XX:-UsePerfData", "-ea");

    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final Path errors;
    private final Thread reader;
    /** Empty: the output has ended. */
    private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();

    private ChildJvm(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
        this.reader = new Thread(this::readLines, "output of process " + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * Starts a process.
     *
     * @param wrapper a command that runs the command behind it, such as {@code prlimit}; may be empty
     * @param environment what to add to that of this process
     */
    static ChildJvm start(Class<?> main, List<String> wrapper, Map<String, String> environment) throws IOException {
        List<String> command = new ArrayList<>(wrapper);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        File errors = File.createTempFile("varve-child", ".err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors);
        builder.environment().putAll(environment);
        return new ChildJvm(builder.start(), errors.toPath());
    }

    private void readLines() {
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(Optional.of(line));
            }
        } catch (IOException e) {
            lines.add(Optional.of("the output cannot be read: " + e));
        } finally {
            lines.add(Optional.empty());
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    void send(String line) throws IOException {
        process.outputWriter(StandardCharsets.UTF_8).append(line).append('\n').flush();
    }

    /** The next line that the process writes; fails if there is none. */
    String nextLine() {
        return next().orElseThrow(() -> new AssertionError("the process has ended: " + errors()));
    }

    /** All lines that are left, up to the end of the process, which something else must bring about. */
    List<String> remainingLines() {
        List<String> remaining = new ArrayList<>();
        for (Optional<String> line = next(); line.isPresent(); line = next()) {
            remaining.add(line.get());
        }
        return remaining;
    }

    private Optional<String> next() {
        try {
            Optional<String> line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (line == null) {
                throw new AssertionError(
                        "nothing from process " + pid() + " for " + PATIENCE_SECONDS + " s: " + errors());
            }
            return line;
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted while waiting for process " + pid(), e);
        }
    }

    /** {@code kill -9}; returns when the process is gone. */
    void kill() {
        // By its handle: destroying the process itself would close its output, and with it lose what it had said.
        process.toHandle().destroyForcibly();
        awaitExit();
    }

    /** Waits until the process ends by itself; its exit code. */
    int awaitExit() {
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("process " + pid() + " does not end: " + errors());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted while waiting for process " + pid(), e);
        }
    }

    /** What it wrote to standard error so far. */
    String errors() {
        try {
            return Files.readString(errors);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills the process if it is still there. */
    @Override
    public void close() throws IOException {
        kill();
        Files.deleteIfExists(errors);
    }
}
