package dev.varve.cluster;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** A {@link ClusterNodeMain} in a process of its own. What is asked of one that is killed is answered {@code died}. */
final class NodeProcess implements Closeable {
    private static final List<String> FLAGS = List.of(
            "-Xmx192m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-XX:-UsePerfData", "-ea");

    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final Path errors;
    private final AtomicLong numbers = new AtomicLong();
    private final Map<Long, CompletableFuture<String>> asked = new ConcurrentHashMap<>();

    private NodeProcess(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
    }

    static NodeProcess start(Path directory, String id, Map<String, String> nodes) throws IOException {
        return start(directory, id, nodes, List.of());
    }

    /** With more flags for the virtual machine. */
    static NodeProcess start(Path directory, String id, Map<String, String> nodes, List<String> flags)
            throws IOException {
        return start(ClusterNodeMain.class, directory, id, nodes, flags);
    }

    /**
     * Starts another program that is asked in the same way.
     *
     * @param flags of the JVM, besides the usual ones
     */
    static NodeProcess start(Class<?> main, Path directory, String id, Map<String, String> nodes, List<String> flags)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(directory.resolve(id).toString(), id));
        nodes.forEach((node, address) -> command.add(node + "=" + address));
        Path errors = Files.createTempFile("varve-node", ".err");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        NodeProcess node = new NodeProcess(process, errors);
        node.asked.put(0L, new CompletableFuture<>());
        CompletableFuture<String> started = node.asked.get(0L);
        Thread reader = new Thread(node::readAnswers, "output of " + id);
        reader.setDaemon(true);
        reader.start();
        boolean isThere = false;
        try {
            node.await(started);
            isThere = true;
        } finally {
            if (!isThere) {
                node.close();
            }
        }
        return node;
    }

    private void readAnswers() {
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                int space = line.indexOf(' ');
                asked.remove(Long.parseLong(line.substring(0, space))).complete(line.substring(space + 1));
            }
        } catch (IOException | NumberFormatException e) {
            asked.values().forEach(each -> each.completeExceptionally(e));
        } finally {
            asked.values().forEach(each -> each.complete("died"));
        }
    }

    CompletableFuture<String> ask(String request) {
        long number = numbers.incrementAndGet();
        CompletableFuture<String> answer = new CompletableFuture<>();
        asked.put(number, answer);
        try {
            Writer input = process.outputWriter(StandardCharsets.UTF_8);
            synchronized (this) {
                input.append(number + " " + request + "\n").flush();
            }
        } catch (IOException e) {
            answer.complete("died");
        }
        if (!process.isAlive()) {
            answer.complete("died");
        }
        return answer;
    }

    String await(CompletableFuture<String> answer) {
        try {
            return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError("no answer; the process says: " + errors(), e);
        }
    }

    String askAndWait(String request) {
        return await(ask(request));
    }

    String errors() {
        try {
            return Files.readString(errors);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a signal, such as {@code STOP} or {@code CONT}. */
    void signal(String name) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .inheritIO()
                    .start();
            if (kill.waitFor() != 0) {
                throw new AssertionError("kill -" + name + " failed");
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** {@code kill -9}. */
    void kill() {
        process.toHandle().destroyForcibly();
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the process does not end");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() throws IOException {
        kill();
        Files.deleteIfExists(errors);
    }
}
