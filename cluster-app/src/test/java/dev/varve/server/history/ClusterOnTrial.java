package dev.varve.server.history;

import dev.varve.cluster.ClusterDescription;
import dev.varve.cluster.Ports;
import dev.varve.cluster.TopicSpec;
import dev.varve.log.machine.Machine;
import dev.varve.log.machine.Mount;
import dev.varve.log.machine.PowerCut;
import dev.varve.server.client.ClientSettings;
import dev.varve.server.client.VarveClient;
import dev.varve.server.client.VarveException;
import dev.varve.server.history.ServerProcess.Place;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Three nodes in processes of their own, and everything that can be done to them. Each has a network and a file system of its own where
 * the machine allows it; else what needs them cannot be done, which is told. Nodes are numbered from 1. One thread.
 */
final class ClusterOnTrial implements Closeable {
    static final int NODES = 3;

    /** A node writes its Raft log and its partitions, and nobody waits for the old ones to go. */
    private static final long DISK_BYTES = 3L << 30;

    private static final Duration ATTEMPT = Duration.ofSeconds(3);

    private final Path directory;
    private final Network network;
    private final PowerCut power;
    private final List<Mount> disks = new ArrayList<>();
    private final List<Place> places = new ArrayList<>();
    private final Map<String, Integer> numbers = new HashMap<>();
    private final ServerProcess[] servers = new ServerProcess[NODES + 1];
    private final VarveClient client;

    private ClusterOnTrial(Path directory) throws IOException {
        this.directory = directory;
        String refusal = Network.refusal();
        this.network = refusal == null ? Network.create(NODES) : null;
        if (refusal != null) {
            miss(refusal);
        }
        this.power = makeDisks();
        for (int node = 1; node <= NODES; node++) {
            String name = "n" + node;
            Path data = (disks.isEmpty() ? directory : disks.get(node - 1).directory()).resolve("data-" + name);
            String host = network == null ? "127.0.0.1" : network.address(node);
            places.add(new Place(
                    name,
                    data,
                    network == null ? freeAddress() : host + ":" + 7101,
                    network == null ? freeAddress() : host + ":" + 7001,
                    network == null ? freeAddress() : host + ":" + 8080,
                    network == null ? List.of() : network.within(node)));
        }
        this.client = client(1, 2, 3);
    }

    private PowerCut makeDisks() throws IOException {
        String refusal = refusalOfDisks(directory);
        if (refusal != null) {
            miss(refusal);
            return null;
        }
        PowerCut cut = PowerCut.build(directory);
        for (int node = 1; node <= NODES; node++) {
            disks.add(Mount.image("ext4", DISK_BYTES, directory.resolve("disk-" + node)));
        }
        return cut;
    }

    private static String refusalOfDisks(Path directory) throws IOException {
        Machine.Answer answer = Machine.run(
                "sh",
                "-c",
                "cd " + directory + " && for p in gcc mkfs.ext4 mount umount; do"
                        + " command -v $p || exit 1; done && truncate -s 16m probe && mkfs.ext4 -q -F probe && mkdir probed"
                        + " && mount -o loop probe probed && umount probed");
        return answer.isOk()
                ? null
                : "no full disks and no loss of power, for file systems cannot be made and mounted here: "
                        + answer.output();
    }

    private static void miss(String reason) {
        System.out.println("SKIPPED: " + reason);
    }

    private static String freeAddress() {
        return Ports.free(1).get(0);
    }

    /** A cluster whose nodes are all ready, made in this directory. */
    static ClusterOnTrial start(Path directory) throws IOException {
        ClusterOnTrial cluster = new ClusterOnTrial(directory);
        boolean started = false;
        try {
            for (int node = 1; node <= NODES; node++) {
                cluster.startNode(node);
            }
            for (int node = 1; node <= NODES; node++) {
                cluster.mustGetReady(node);
            }
            started = true;
            return cluster;
        } finally {
            if (!started) {
                System.out.println(cluster.errors());
                cluster.close();
            }
        }
    }

    boolean hasNetwork() {
        return network != null;
    }

    boolean hasDisks() {
        return power != null;
    }

    /** A client that asks these nodes. */
    VarveClient client(int... nodes) {
        URI[] urls = new URI[nodes.length];
        for (int i = 0; i < nodes.length; i++) {
            urls[i] = places.get(nodes[i] - 1).url();
        }
        return VarveClient.create(ClientSettings.of(urls)
                .withRequestTimeout(ATTEMPT)
                .withRetries(Duration.ofSeconds(20), Duration.ofMillis(50)));
    }

    /** Creates a topic, however often that has to be asked for. */
    void createTopic(String name, int partitions) {
        untilDone("creating " + name, "topic-exists", () -> client.createTopic(TopicSpec.of(name, partitions)));
    }

    void deleteTopic(String name) {
        untilDone("deleting " + name, "no-such-topic", () -> client.deleteTopic(name));
    }

    /** @param done the code of the answer to who asks for it once more */
    private static void untilDone(String what, String done, Supplier<CompletionStage<?>> attempt) {
        for (int i = 0; i < 20; i++) {
            try {
                attempt.get().toCompletableFuture().join();
                return;
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof VarveException problem)) {
                    throw e;
                } else if (problem.code().equals(done)) {
                    return;
                } else if (!problem.isForNow()) {
                    throw e;
                }
            }
        }
        throw new AssertionError(what + " does not succeed");
    }

    URI url(int node) {
        return places.get(node - 1).url();
    }

    Path data(int node) {
        return places.get(node - 1).data();
    }

    /** The node that leads a group, as one of the nodes says. */
    Optional<Integer> leader(int group) {
        try {
            ClusterDescription cluster =
                    client.describeCluster().toCompletableFuture().join();
            return cluster.groups().get(group).leader().flatMap(this::number);
        } catch (CompletionException e) {
            return Optional.empty();
        }
    }

    /** Which node has this id; empty if that has not been ready yet. */
    Optional<Integer> number(String nodeId) {
        for (int node = 1; node <= NODES; node++) {
            if (servers[node] != null) {
                int number = node;
                servers[node].nodeId().ifPresent(id -> numbers.put(id, number));
            }
        }
        return Optional.ofNullable(numbers.get(nodeId));
    }

    void startNode(int node) throws IOException {
        servers[node] = ServerProcess.start(
                places.get(node - 1), places.stream().map(Place::cluster).toList(), errorFile(node));
    }

    /** All that a node had on its disk is gone; it has to be dead. */
    void loseData(int node) throws IOException {
        Machine.mustRun("rm", "-rf", data(node).toString());
    }

    /** Returns when a node that came without data is one of the replicas of all groups, and so counts. */
    void mustBelong(int node, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!belongs(node)) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("n" + node + " does not get the place of the one it was\n" + status());
            }
            Thread.sleep(100);
        }
    }

    private boolean belongs(int node) {
        Optional<String> id = servers[node].nodeId();
        try {
            ClusterDescription cluster =
                    client.describeCluster().toCompletableFuture().join();
            return id.isPresent()
                    && cluster.topics().replicas().contains(id.get())
                    && cluster.groups().stream()
                            .allMatch(group -> group.replicas().contains(id.get()));
        } catch (CompletionException e) {
            return false;
        }
    }

    private Path errorFile(int node) {
        return directory.resolve("errors-n" + node);
    }

    boolean awaitReady(int node, long seconds) {
        return servers[node].awaitReady(seconds);
    }

    void mustGetReady(int node) {
        if (!awaitReady(node, 120)) {
            throw new AssertionError(
                    "node n" + node + (servers[node].isAlive() ? " does not get ready" : " has ended"));
        }
    }

    /** Returns when every node has applied what any of them has applied when this is called. */
    void mustCatchUp(Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        Map<Integer, Long> goals = new TreeMap<>();
        for (int node = 1; node <= NODES; node++) {
            applied(node).forEach((group, index) -> goals.merge(group, index, Math::max));
        }
        for (int node = 1; node <= NODES; node++) {
            Map<Integer, Long> applied = applied(node);
            while (!goals.entrySet().stream()
                    .allMatch(goal -> applied.getOrDefault(goal.getKey(), -1L) >= goal.getValue())) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError("n" + node + " does not catch up: of the groups " + goals
                            + " it has applied " + applied + "\n" + status());
                }
                Thread.sleep(100);
                applied.putAll(applied(node));
            }
        }
    }

    /** Up to which entry a node has applied the log of each group; empty if it does not say. */
    private Map<Integer, Long> applied(int node) {
        Map<Integer, Long> applied = new TreeMap<>();
        try {
            for (ClusterDescription.Group group :
                    client(node).describeCluster().toCompletableFuture().join().groups()) {
                applied.put(group.group(), group.appliedIndex());
            }
        } catch (CompletionException e) {
            // It does not answer, and so has not got there.
        }
        return applied;
    }

    /** What each node says of the cluster. */
    String status() {
        StringBuilder status = new StringBuilder();
        for (int node = 1; node <= NODES; node++) {
            status.append("n").append(node).append(" sees ");
            try {
                status.append(
                        client(node).describeCluster().toCompletableFuture().join());
            } catch (CompletionException e) {
                status.append(e.getCause());
            }
            status.append('\n');
        }
        return status.toString();
    }

    boolean isAlive(int node) {
        return servers[node].isAlive();
    }

    void kill(int node) throws IOException {
        servers[node].kill();
    }

    void terminate(int node) throws IOException {
        servers[node].terminate();
    }

    void stop(int node) throws IOException {
        servers[node].stop();
    }

    void goOn(int node) throws IOException {
        servers[node].goOn();
    }

    void unplug(int node) throws IOException {
        network.unplug(node);
    }

    void plug(int node) throws IOException {
        network.plug(node);
    }

    /** The other nodes do not reach it any more, nor it them; clients do. */
    void cutFromPeers(int node) throws IOException {
        for (int peer = 1; peer <= NODES; peer++) {
            if (peer != node) {
                network.lose(node, peer);
                network.lose(peer, node);
            }
        }
    }

    /** What it sends to the other nodes is lost; what they send arrives. */
    void cutOneWay(int node) throws IOException {
        for (int peer = 1; peer <= NODES; peer++) {
            if (peer != node) {
                network.lose(node, peer);
            }
        }
    }

    void joinPeers(int node, boolean bothWays) throws IOException {
        for (int peer = 1; peer <= NODES; peer++) {
            if (peer != node) {
                network.loseNoMore(node, peer);
                if (bothWays) {
                    network.loseNoMore(peer, node);
                }
            }
        }
    }

    /**
     * The power of these nodes goes at the same moment. They are stopped before, so that no sync is under way that could return although it did
     * nothing, see {@link dev.varve.log.machine.PowerCut}.
     */
    void losePower(List<Integer> nodes) throws IOException {
        for (int node : nodes) {
            servers[node].stop();
        }
        for (int node : nodes) {
            power.of(disks.get(node - 1));
        }
        for (int node : nodes) {
            servers[node].kill();
            disks.get(node - 1).again();
        }
    }

    /** Takes all the room that a node's disk has left. */
    void fillDisk(int node) throws IOException {
        Path filler = disks.get(node - 1).directory().resolve("filler");
        // Some of the room is for root, who is not asked to leave it.
        Machine.run(
                "sh",
                "-c",
                "dd if=/dev/zero of=" + filler + " bs=1M 2>/dev/null; dd if=/dev/zero of=" + filler
                        + "2 bs=4k 2>/dev/null");
    }

    void emptyDisk(int node) throws IOException {
        Path mount = disks.get(node - 1).directory();
        Files.deleteIfExists(mount.resolve("filler"));
        Files.deleteIfExists(mount.resolve("filler2"));
    }

    /** Each sync of a node is answered with EIO, until what is returned is closed. */
    Closeable failSyncs(int node) throws IOException {
        Process strace = new ProcessBuilder(
                        "strace",
                        "-f",
                        "-qq",
                        "-p",
                        Long.toString(servers[node].pid()),
                        "-e",
                        "trace=fsync,fdatasync",
                        "-e",
                        "inject=fsync,fdatasync:error=EIO",
                        "-o",
                        directory.resolve("strace-n" + node).toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("strace-says").toFile())
                .start();
        return () -> {
            strace.destroy();
            try {
                strace.waitFor();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        };
    }

    /** Why system calls cannot be answered with errors here; null if they can. */
    static String refusalOfErrors() throws IOException {
        Machine.Answer answer = Machine.run(
                "sh", "-c", "sleep 5 & strace -f -qq -p $! -o /dev/null & s=$!; sleep 0.3; kill -0 $s && kill $s");
        return answer.isOk() ? null : "strace may not attach here: " + answer.output();
    }

    /** Copies what the nodes said on standard error. */
    void keepErrors(Path target) throws IOException {
        for (int node = 1; node <= NODES; node++) {
            if (Files.exists(errorFile(node))) {
                Files.copy(
                        errorFile(node), target.resolve("failed-errors-n" + node), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** What the nodes said on standard error, the last of it. */
    String errors() {
        StringBuilder all = new StringBuilder();
        for (int node = 1; node <= NODES; node++) {
            try {
                String said = Files.exists(errorFile(node)) ? Files.readString(errorFile(node)) : "nothing";
                all.append("n").append(node).append(" says: ");
                all.append(said.substring(Math.max(0, said.length() - 2_000))).append('\n');
            } catch (IOException e) {
                all.append(e);
            }
        }
        return all.toString();
    }

    @Override
    public void close() throws IOException {
        for (ServerProcess server : servers) {
            if (server != null) {
                server.kill();
            }
        }
        for (Mount disk : disks) {
            disk.close();
        }
        if (network != null) {
            network.close();
        }
    }
}
