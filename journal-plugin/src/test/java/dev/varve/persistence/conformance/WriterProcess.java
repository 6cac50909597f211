package dev.varve.persistence.conformance;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The process that is killed: runs {@link WriterMain}, or another main class that is given a file with the configuration and a seed. For one
 * thread. Its system property {@code conformance.process} is for
 * configurations of loggers, which may want to write to another file.
 */
public final class WriterProcess implements AutoCloseable {
    private static final List<String> FLAGS =
            List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dconformance.process=-killed");

    private final Process process;
    private final BufferedReader output;
    private final Path config;
    private final Path errors;

    private WriterProcess(Process process, Path config, Path errors) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
        this.config = config;
        this.errors = errors;
    }

    static WriterProcess start(Config config, long seed) throws IOException {
        return start(WriterMain.class, config, seed);
    }

    /** Starts a process. */
    public static WriterProcess start(Class<?> main, Config config, long seed) throws IOException {
        Path file = Files.createTempFile("conformance", ".conf");
        Path errors = Files.createTempFile("conformance", ".err");
        Files.writeString(file, config.root().render(ConfigRenderOptions.concise()));
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(file.toString(), Long.toString(seed)));
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        return new WriterProcess(process, file, errors);
    }

    /** The next line that the process wrote; fails where it has ended by itself. */
    public String nextLine() throws IOException {
        String line = output.readLine();
        if (line == null) {
            throw new AssertionError("the writing process has ended by itself: " + Files.readString(errors));
        }
        return line;
    }

    /** {@code kill -9}; returns when it is gone. */
    public void kill() {
        // By its handle: destroying the process itself would close its output, and with it lose what it had said.
        process.toHandle().destroyForcibly();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new AssertionError("process " + process.pid() + " does not die");
            }
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted while waiting for the death of process " + process.pid(), e);
        }
    }

    /** What it had said before it died. A last line that was cut off is none. */
    public List<String> remainingLines() {
        StringBuilder text = new StringBuilder();
        try {
            for (int c = output.read(); c >= 0; c = output.read()) {
                text.append((char) c);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int end = text.lastIndexOf("\n");
        return end < 0 ? List.of() : text.substring(0, end).lines().toList();
    }

    @Override
    public void close() throws IOException {
        kill();
        output.close();
        Files.delete(config);
        Files.delete(errors);
    }
}
