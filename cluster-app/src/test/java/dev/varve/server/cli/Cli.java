package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Runs commands in this process, and keeps what they say. */
final class Cli {
    private Cli() {}

    /** What a command left behind. */
    record Result(int exitCode, byte[] out, String err) {
        String text() {
            return new String(out, StandardCharsets.UTF_8);
        }

        List<String> lines() {
            return text().lines().toList();
        }

        /** Each line of standard output as an object. */
        List<Map<String, Object>> objects() {
            return lines().stream().map(Json::object).toList();
        }

        Result exitsWith(int expected) {
            assertThat(exitCode).as("exit code; standard error: %s", err).isEqualTo(expected);
            return this;
        }
    }

    static Result run(String... args) {
        return runOn(new byte[0], args);
    }

    static Result runOn(byte[] input, String... args) {
        return runOn(new ByteArrayInputStream(input), args);
    }

    static Result runOn(InputStream input, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = run(input, out, err, args);
        return new Result(exitCode, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
    }

    static int run(InputStream input, OutputStream out, OutputStream err, String... args) {
        return CommandLines.run(
                new Streams(input, out, new PrintStream(err, true, StandardCharsets.UTF_8), false, false), args);
    }

    /** Appends text and expects that to work. */
    static Result append(Path log, String text, String... options) {
        String[] args = new String[options.length + 3];
        args[0] = "append";
        args[1] = "--dir";
        args[2] = log.toString();
        System.arraycopy(options, 0, args, 3, options.length);
        return runOn(text.getBytes(StandardCharsets.UTF_8), args).exitsWith(0);
    }

    /** "first 0" to "first n - 1", a line each. */
    static String numbered(String prefix, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(prefix).append(i).append('\n');
        }
        return text.toString();
    }

    static void flipBit(Path file, long bit) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            bytes[(int) (bit / 8)] ^= (byte) (1 << bit % 8);
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The segment files of a log, in order. */
    static List<Path> segments(Path log) {
        try (var files = Files.list(log)) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
