package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.Varve;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A command in a process of its own. */
final class ChildVarve implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 120;

    private final Process process;
    private final InputStream out;
    private final CompletableFuture<String> err;

    private ChildVarve(Process process) {
        this.process = process;
        this.out = new BufferedInputStream(process.getInputStream());
        this.err = CompletableFuture.supplyAsync(() -> {
            try {
                return new String(process.getErrorStream().readAllBytes());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    static ChildVarve start(String... args) throws IOException {
        return startWith(List.of("-Xmx64m", "-XX:TieredStopAtLevel=1"), args);
    }

    static ChildVarve startWith(List<String> jvmOptions, String... args) throws IOException {
        return startOn(System.getProperty("java.class.path"), jvmOptions, args);
    }

    static ChildVarve startOn(String classPath, List<String> jvmOptions, String... args) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:+UseSerialGC");
        // That of the program, not that of the tests, which is on the class path too.
        command.add("-Dlogback.configurationFile=logback.xml");
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", classPath, Varve.class.getName()));
        command.addAll(List.of(args));
        return new ChildVarve(new ProcessBuilder(command).start());
    }

    OutputStream in() {
        return process.getOutputStream();
    }

    InputStream out() {
        return out;
    }

    /** A whole line of standard output, its line feed left out; null at the end, and where a last line was cut short. */
    String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int character = out.read(); character != '\n'; character = out.read()) {
            if (character < 0) {
                return null;
            }
            line.append((char) character);
        }
        return line.toString();
    }

    /** SIGTERM. What was written can still be read. */
    void terminate() {
        process.toHandle().destroy();
    }

    /** SIGKILL. What was written can still be read. */
    void kill() {
        process.toHandle().destroyForcibly();
    }

    /** SIGSTOP: it is there, and does nothing, until {@link #resume}. */
    void pause() throws Exception {
        signal("STOP");
    }

    /** SIGCONT. */
    void resume() throws Exception {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    boolean endsWithin(long millis) throws InterruptedException {
        return process.waitFor(millis, TimeUnit.MILLISECONDS);
    }

    int awaitExit() throws InterruptedException {
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .as("it ends")
                .isTrue();
        return process.exitValue();
    }

    /** What it said on standard error, all of it: waits for its end. */
    String err() {
        return err.join();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** Appends so many bytes of odd lines in one process and reads them in another, both with little memory. */
    static void streamsThrough(Path directory, String heap, long bytes) throws Exception {
        String log = directory.resolve("streamed").toString();
        String written;
        try (ChildVarve append = startWith(List.of(heap), "append", "--dir", log, "--segment-bytes", "64m")) {
            try (DigestOutputStream in =
                    new DigestOutputStream(new BufferedOutputStream(append.in(), 1 << 20), sha256())) {
                writeOddLines(in, bytes);
                written = hex(in.getMessageDigest());
            }
            assertThat(append.awaitExit()).as(append.err()).isZero();
        }
        try (ChildVarve read = startWith(List.of(heap), "read", "--dir", log);
                DigestInputStream out = new DigestInputStream(read.out(), sha256())) {
            long count = out.transferTo(OutputStream.nullOutputStream());
            assertThat(read.awaitExit()).as(read.err()).isZero();
            assertThat(count).isGreaterThanOrEqualTo(bytes);
            assertThat(hex(out.getMessageDigest())).isEqualTo(written);
        }
        try (ChildVarve verify = startWith(List.of(heap), "verify", "--dir", log)) {
            assertThat(verify.awaitExit()).as(verify.err()).isZero();
        }
    }

    /** Mostly short lines, now and then an empty one or one of up to a megabyte, of bytes that are seldom text. */
    private static void writeOddLines(OutputStream out, long bytes) throws IOException {
        Random random = new Random(11);
        byte[] noise = new byte[1 << 20];
        random.nextBytes(noise);
        for (int i = 0; i < noise.length; i++) {
            noise[i] = noise[i] == '\n' ? (byte) '\r' : noise[i];
        }
        for (long written = 0; written < bytes; ) {
            int length = random.nextInt(1_000) == 0 ? random.nextInt(noise.length) : random.nextInt(200);
            out.write(noise, random.nextInt(noise.length - length), length);
            out.write('\n');
            written += length + 1;
        }
    }

    private static MessageDigest sha256() throws NoSuchAlgorithmException {
        return MessageDigest.getInstance("SHA-256");
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }
}
