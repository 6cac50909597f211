package dev.varve.benchmarks.cluster;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A server in a JVM of its own, one of several that form a cluster. How they are started is known here and nowhere else. */
final class NodeProcess implements Closeable {
    private static final long PATIENCE_SECONDS = 300;

    /** As much memory as three of them and the client leave each other on a small machine. */
    private static final List<String> JVM = List.of("-Xmx512m");

    private final String name;
    private final String http;
    private final List<String> command;
    private Process process;
    private CompletableFuture<String> ready;

    private NodeProcess(String name, String http, List<String> command) {
        this.name = name;
        this.http = http;
        this.command = command;
    }

    /**
     * Nodes n1, n2, and so on, that are to be one cluster; none is started yet.
     *
     * @param groups how many Raft groups the cluster is to have
     */
    static List<NodeProcess> cluster(Path directory, int size, int groups) throws IOException {
        List<Integer> ports = freePorts(3 * size);
        String seeds =
                ports.subList(0, size).stream().map(NodeProcess::onLoopback).collect(Collectors.joining(","));
        List<NodeProcess> nodes = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            String name = "n" + (i + 1);
            String http = onLoopback(ports.get(2 * size + i));
            List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(JVM);
            command.addAll(jvmOptions(name));
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.varve.server.Varve"));
            command.addAll(List.of("serve", "--data", directory.resolve(name).toString(), "--http", http));
            command.addAll(List.of("--cluster", onLoopback(ports.get(i)), "--raft", onLoopback(ports.get(size + i))));
            command.addAll(List.of("--seeds", seeds, "--replication-factor", Integer.toString(size)));
            command.add("-Dvarve.server.groups=" + groups);
            nodes.add(new NodeProcess(name, http, command));
        }
        return nodes;
    }

    private static String onLoopback(int port) {
        return "127.0.0.1:" + port;
    }

    /** Further options; {@code %n} becomes the name of the node. */
    private static List<String> jvmOptions(String name) {
        String options = System.getenv().getOrDefault("VARVE_BENCHMARK_NODE_OPTS", "");
        return options.isBlank()
                ? List.of()
                : List.of(options.replace("%n", name).trim().split("\\s+"));
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        List<Integer> ports = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
                ports.add(sockets.get(i).getLocalPort());
            }
        } finally {
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        }
        return ports;
    }

    void start() throws IOException {
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        ready = CompletableFuture.supplyAsync(() -> {
            String line = "";
            try {
                while (line != null && !line.startsWith("ready ")) {
                    line = out.readLine();
                }
            } catch (IOException e) {
                throw new IllegalStateException("node " + name + " cannot be listened to", e);
            }
            if (line == null) {
                throw new IllegalStateException("node " + name + " ended before it was ready");
            }
            return line.substring(line.indexOf(" node=") + " node=".length());
        });
    }

    /** Waits until it has said that it is ready. */
    void awaitReady() throws Exception {
        ready.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    String name() {
        return name;
    }

    /** The id that the node made up for itself; once it is ready. */
    String id() {
        return ready.join();
    }

    URI url() {
        return URI.create("http://" + http);
    }

    /** What the processor has spent on it so far. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** {@code kill -9}; does not wait for the end. */
    void kill() {
        process.toHandle().destroyForcibly();
    }

    void awaitEnd() throws InterruptedException {
        if (process != null && !process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("node " + name + " does not end");
        }
    }

    /** Kills it, if it was started. */
    @Override
    public void close() {
        if (process != null) {
            kill();
        }
    }
}
