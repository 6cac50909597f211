package dev.varve.server.demo;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongFunction;

/** Another process that appends to a log, "varve append --acks", until it is killed. For one thread. */
final class AppendingProcess implements AutoCloseable {
    /** Not the class itself: it knows the commands, and one of them is the demo. */
    private static final String MAIN = "dev.varve.server.Varve";

    private final Process process;
    private final Path errors;
    private final InputStream answers;
    private long acknowledged;

    private AppendingProcess(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
        this.answers = new BufferedInputStream(process.getInputStream());
    }

    /**
     * Starts one.
     *
     * @param lines what it is given to append: the line of each number from 0 on, without end
     */
    static AppendingProcess start(Path log, Path errors, LongFunction<byte[]> lines) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                MAIN,
                "append",
                "--acks",
                "--dir",
                log.toString());
        Process process = new ProcessBuilder(command)
                .redirectError(Redirect.to(errors.toFile()))
                .start();
        Thread feeder = new Thread(() -> feed(process, lines), "varve-demo-feeder");
        feeder.setDaemon(true);
        feeder.start();
        return new AppendingProcess(process, errors);
    }

    private static void feed(Process process, LongFunction<byte[]> lines) {
        try (OutputStream out = new BufferedOutputStream(process.getOutputStream())) {
            for (long number = 0; process.isAlive(); number++) {
                out.write(lines.apply(number));
                out.write('\n');
            }
        } catch (IOException e) {
            // It is dead, as it is meant to be.
        }
    }

    /** Waits until so many records are acknowledged. */
    void awaitAcknowledged(long count) throws IOException {
        while (acknowledged < count) {
            DemoFailedException.unless(
                    readAnswer(), "the appending process ended by itself: " + Files.readString(errors));
        }
    }

    /** Takes an acknowledgement; false if none comes any more. */
    private boolean readAnswer() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int character = answers.read(); character != '\n'; character = answers.read()) {
            if (character < 0) {
                // A last answer that was cut short tells nothing.
                return false;
            }
            line.append((char) character);
        }
        String expected = "acked " + acknowledged;
        DemoFailedException.unless(
                expected.contentEquals(line), "the answer \"" + line + "\" instead of \"" + expected + "\"");
        acknowledged++;
        return true;
    }

    /**
     * Kills it as "kill -9" does: it cannot prepare for that.
     *
     * @return how many records it had acknowledged, those included whose acknowledgement was still on its way
     */
    long kill() throws IOException {
        // By its handle, for that leaves what it has answered to be read.
        process.toHandle().destroyForcibly();
        while (readAnswer()) {
            // Counts.
        }
        return acknowledged;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
