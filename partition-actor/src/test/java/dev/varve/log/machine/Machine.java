package dev.varve.log.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** What the machine that the tests run on has and allows. */
public final class Machine {
    private Machine() {}

    /** What a command answered. */
    public record Answer(int exitCode, String output) {
        public boolean isOk() {
            return exitCode == 0;
        }
    }

    /** Runs a command to its end. */
    public static Answer run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + " does not end");
            }
        } catch (InterruptedException e) {
            throw new IOException("interrupted while waiting for " + String.join(" ", command), e);
        }
        return new Answer(process.exitValue(), output.strip());
    }

    /** Runs a command that must succeed; what it wrote. */
    public static String mustRun(String... command) throws IOException {
        Answer answer = run(command);
        if (!answer.isOk()) {
            throw new IOException(
                    String.join(" ", command) + " answered " + answer.exitCode() + ": " + answer.output());
        }
        return answer.output();
    }

    /** Skips the test, and says why, unless these programs are there. */
    public static void needs(String... programs) {
        for (String program : programs) {
            skipUnless(has(program), program + " is not installed");
        }
    }

    private static boolean has(String program) {
        List<String> directories =
                Arrays.asList(System.getenv().getOrDefault("PATH", "").split(":"));
        return directories.stream().anyMatch(directory -> Files.isExecutable(Path.of(directory, program)))
                || Files.isExecutable(Path.of("/usr/sbin", program))
                || Files.isExecutable(Path.of("/sbin", program));
    }

    /** Skips the test, and says why, unless this command succeeds: the only way to find out what a sandbox allows. */
    public static void needsToBeAllowed(String what, String... command) throws IOException {
        Answer answer = run(command);
        skipUnless(answer.isOk(), what + " is not allowed here: " + answer.output());
    }

    public static void skipUnless(boolean condition, String reason) {
        if (!condition) {
            System.out.println("SKIPPED: " + reason);
        }
        Assumptions.assumeTrue(condition, reason);
    }
}
