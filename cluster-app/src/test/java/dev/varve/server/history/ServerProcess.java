package dev.varve.server.history;

import dev.varve.log.machine.Machine;
import dev.varve.server.Varve;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A node of a cluster in a process of its own: {@code varve serve}. This is all that knows with which options. */
final class ServerProcess {
    private static final List<String> FLAGS = List.of(
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-Dlogback.configurationFile=history-logback.xml");

    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();

    private ServerProcess(Process process) {
        this.process = process;
    }

    /**
     * Where a node is.
     *
     * @param id its id
     * @param data where its data lie
     * @param raft where it listens for the other nodes, host:port
     * @param http where it listens for clients, host:port
     * @param within the words before its command, such as those that put it into a network of its own
     */
    record Place(String id, Path data, String raft, String http, List<String> within) {
        URI url() {
            return URI.create("http://" + http);
        }
    }

    /**
     * Starts it; it is ready later.
     *
     * @param all where each of the nodes listens for the others, by their ids
     * @param errors standard error goes behind what is in this file
     */
    static ServerProcess start(Place place, Map<String, String> all, Path errors) throws IOException {
        List<String> command = new ArrayList<>(place.within());
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Varve.class.getName(), "serve"));
        command.addAll(List.of("--data", place.data().toString(), "--http", place.http()));
        command.addAll(List.of("--node", place.id(), "--nodes"));
        command.add(String.join(
                ",",
                all.entrySet().stream()
                        .map(node -> node.getKey() + "=" + node.getValue())
                        .toList()));
        // Snapshots often, so that nodes come back at all kinds of distances behind one.
        command.addAll(List.of("-Dvarve.server.groups=2", "-Dvarve.server.snapshot-entries=200"));
        Files.writeString(
                errors,
                "---- started at " + java.time.LocalTime.now() + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
                .start();
        ServerProcess server = new ServerProcess(process);
        Thread reader = new Thread(server::awaitReadyLine, "output of " + place.id());
        reader.setDaemon(true);
        reader.start();
        return server;
    }

    private void awaitReadyLine() {
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = output.readLine();
            if (line != null && line.startsWith("ready ")) {
                ready.complete(null);
            }
            while (line != null) {
                line = output.readLine();
            }
        } catch (IOException e) {
            ready.completeExceptionally(e);
        }
        ready.completeExceptionally(new IOException("the process has ended"));
    }

    /** Whether it got ready in time; false if not, or if it ended. */
    boolean awaitReady(long seconds) {
        try {
            ready.get(seconds, TimeUnit.SECONDS);
            return true;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            return false;
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    void stop() throws IOException {
        signal("STOP");
    }

    void goOn() throws IOException {
        signal("CONT");
    }

    /** {@code kill -9}; a stopped process dies of it too. */
    void kill() throws IOException {
        process.toHandle().destroyForcibly();
        awaitEnd();
    }

    /** SIGTERM, and waits for the end. */
    void terminate() throws IOException {
        process.toHandle().destroy();
        awaitEnd();
    }

    private void awaitEnd() throws IOException {
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("process " + process.pid() + " does not end");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void signal(String name) throws IOException {
        Machine.mustRun("sh", "-c", "kill -" + name + " " + process.pid());
    }
}
