package dev.varve.cluster;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.log.io.DirectoryLock;
import dev.varve.log.io.NioDisk;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.UUID;

/**
 * The directory of a node. It says who the node is: the id is written there once and never changes, and so is the cluster that it belongs
 * to, once there is one. Locked while the node runs. Any thread.
 *
 * <pre>
 * lock                     held by the node that runs
 * node                     who it is
 * charter                  which cluster it belongs to, and which nodes that has
 * begun                    that it has taken part in the Raft groups
 * ports                    the ports that it was given when it could have any
 * raft/                    the logs of Raft, a directory for each group
 * state/GROUP              what the state of a group was at its last snapshot
 * partitions/GROUP/T-P/    the log of partition P of the topic with id T
 * images/GROUP/            what other nodes are copying of a group; worth nothing after a start
 * copies/GROUP/            what this node is copying of a group
 * </pre>
 */
public final class NodeDirectory implements Closeable {
    private static final int VERSION = 2;

    private final Path root;
    private final DirectoryLock lock;
    private final String nodeId;
    private volatile Optional<Charter> charter;

    private NodeDirectory(Path root, DirectoryLock lock, String nodeId, Optional<Charter> charter) {
        this.root = root;
        this.lock = lock;
        this.nodeId = nodeId;
        this.charter = charter;
    }

    /**
     * Locks the directory, and has it say who the node is if it does not yet: it makes up an id.
     *
     * @throws IllegalStateException if another process has it; the message is for people
     */
    public static NodeDirectory open(Path directory) throws IOException {
        return open(directory, Optional.empty());
    }

    /**
     * That of one of the nodes which the settings name; these are its cluster.
     *
     * @throws IllegalStateException if another process has it, or if it is that of another node or of a node of another cluster; the message
     *     is for people
     */
    static NodeDirectory open(ClusterSettings settings) throws IOException {
        NodeDirectory directory = open(settings.directory(), settings.nodeId());
        boolean belongs = false;
        try {
            directory.belongTo(settings);
            belongs = true;
            return directory;
        } finally {
            if (!belongs) {
                directory.close();
            }
        }
    }

    private static NodeDirectory open(Path path, Optional<String> wantedId) throws IOException {
        Path root = path.toAbsolutePath().normalize();
        NioDisk disk = NioDisk.instance();
        disk.createDirectories(root);
        DirectoryLock lock = disk.tryLock(root.resolve("lock"))
                .orElseThrow(() -> new IllegalStateException("another process runs a node on " + root
                        + ". Stop it, or give this one a directory of its own"));
        boolean opened = false;
        try {
            disk.createDirectories(root.resolve("raft"));
            disk.createDirectories(root.resolve("raft-removed"));
            disk.createDirectories(root.resolve("state"));
            disk.createDirectories(root.resolve("partitions"));
            NodeDirectory directory = new NodeDirectory(root, lock, identify(root, wantedId), charter(root));
            opened = true;
            return directory;
        } finally {
            if (!opened) {
                lock.close();
            }
        }
    }

    private static String identify(Path root, Optional<String> wanted) throws IOException {
        Path file = root.resolve("node");
        Optional<byte[]> known = DurableFile.read(file);
        if (known.isEmpty()) {
            String nodeId = wanted.orElseGet(() -> "node-" + UUID.randomUUID());
            Output output = new Output(64, -1);
            output.writeByte(VERSION);
            output.writeString(nodeId);
            DurableFile.write(file, output.toBytes());
            return nodeId;
        }
        try (Input input = new Input(known.get())) {
            int version = input.readByte();
            if (version != VERSION) {
                throw new IOException(file + " is of version " + version + "; this program knows " + VERSION);
            }
            String nodeId = input.readString();
            if (wanted.isPresent() && !wanted.get().equals(nodeId)) {
                throw new IllegalStateException(
                        "the directory " + root + " is that of node '" + nodeId + "', not of '" + wanted.get() + "'");
            }
            return nodeId;
        } catch (KryoException e) {
            throw new IOException(file + " ends too early: " + e.getMessage(), e);
        }
    }

    private static Optional<Charter> charter(Path root) throws IOException {
        Path file = root.resolve("charter");
        try {
            return DurableFile.read(file).map(Charter::decode);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private void belongTo(ClusterSettings settings) throws IOException {
        UUID clusterId = clusterId(settings, nodeId);
        if (charter.isEmpty()) {
            SortedMap<String, String> nodes = settings.nodesOf(nodeId);
            List<Member> founders = new ArrayList<>();
            nodes.forEach((id, address) -> founders.add(Member.founder(id, address, "", "")));
            found(Charter.found(clusterId, settings.groups(), founders));
        } else if (!charter.get().clusterId().equals(clusterId)) {
            throw new IllegalStateException("the node in " + root + " belongs to a cluster that was made with another"
                    + " name, other nodes or another number of groups; these are fixed. It forms no other cluster");
        }
    }

    /** All nodes come to the same id, for they are given the same settings; a node that is alone comes to one of its own. */
    private static UUID clusterId(ClusterSettings settings, String nodeId) {
        String members = settings.nodeId().isEmpty()
                ? nodeId
                : String.join(",", settings.nodes().keySet());
        String facts = settings.clusterName() + "\n" + members + "\n" + settings.groups();
        return UUID.nameUUIDFromBytes(facts.getBytes(StandardCharsets.UTF_8));
    }

    /** The id of the node, which never changes. */
    public String nodeId() {
        return nodeId;
    }

    public Path path() {
        return root;
    }

    /** Which cluster the node belongs to; empty until it belongs to one. As new as this node knows. */
    public Optional<Charter> charter() {
        return charter;
    }

    /**
     * Has the node belong to a cluster, for ever; durable when it returns.
     *
     * @return whether it does: a node that belongs to a cluster forms no other, and joins no other. The exception is one that was made of the
     *     same nodes at the same time, where neither has begun to work, if it {@link Charter#goesBefore goes before}
     * @throws IllegalArgumentException if the cluster does not count on this node
     */
    public synchronized boolean found(Charter of) throws IOException {
        if (of.member(nodeId).isEmpty()) {
            throw new IllegalArgumentException("node " + nodeId + " is none of " + of.members());
        }
        if (charter.isEmpty() || !mayRun() && of.goesBefore(charter.get())) {
            write(of);
        }
        return charter.orElseThrow().clusterId().equals(of.clusterId());
    }

    /** Takes note of what has changed in the node's cluster since; durable when it returns. What is older, or of another one, is ignored. */
    public synchronized void update(Charter to) throws IOException {
        Charter known = charter.orElseThrow();
        if (known.clusterId().equals(to.clusterId()) && known.version() < to.version()) {
            write(to);
        }
    }

    private void write(Charter changed) throws IOException {
        DurableFile.write(root.resolve("charter"), changed.encode());
        charter = Optional.of(changed);
    }

    /**
     * An address to listen at. A port of 0 stands for one that is free now, and for the same one ever after, so that others find the node
     * where it was.
     *
     * @param name what listens there, for people and for telling the ports apart
     * @throws IOException if there is no free port, or the one that was taken before is not free
     */
    public synchronized String address(String name, String hostAndPort) throws IOException {
        InetSocketAddress wanted = ClusterSettings.socketAddress(hostAndPort);
        if (wanted.getPort() != 0) {
            return hostAndPort;
        }
        KeptPorts ports = KeptPorts.read(root.resolve("ports"));
        String host = hostAndPort.substring(0, hostAndPort.lastIndexOf(':'));
        return host + ":" + ports.get(name, wanted.getHostString());
    }

    /**
     * Sees to it that a node which took part in groups has their logs still: one that forgot what it promised must not go on under its id.
     *
     * @throws IllegalStateException if one is gone
     */
    void requireLogs(List<UUID> groups) throws IOException {
        if (!Files.exists(root.resolve("begun"))) {
            return;
        }
        for (UUID group : groups) {
            Path meta = raft().resolve(group.toString()).resolve("current").resolve("raft-meta");
            if (!Files.exists(meta)) {
                throw new IllegalStateException(meta + " is gone, and with it what node " + nodeId + " promised to the"
                        + " others. Restore it from a copy of this very node as it was when it ended, or move "
                        + root + " away and start anew: the node comes back under another id, in the place of this"
                        + " one, and gets everything from the others");
            }
        }
    }

    /**
     * Whether the node's cluster is known to work, so that the node may take part: it has before, or the cluster was changed since it was
     * made, which only one that works is; or there is nobody else. Else a node it counts on may belong to another cluster.
     */
    public boolean mayRun() {
        return charter.filter(known ->
                        known.version() > 0 || known.members().size() == 1 || Files.exists(root.resolve("begun")))
                .isPresent();
    }

    /** From now on {@link #requireLogs} minds. What it looks for is durable before, for Ratis syncs its files, and not where they lie. */
    void noteBegun() throws IOException {
        if (!Files.exists(root.resolve("begun"))) {
            syncRaftDirectories();
            DurableFile.write(root.resolve("begun"), new byte[0]);
        }
    }

    private void syncRaftDirectories() throws IOException {
        NioDisk disk = NioDisk.instance();
        try (DirectoryStream<Path> groups = Files.newDirectoryStream(raft(), Files::isDirectory)) {
            for (Path group : groups) {
                if (Files.isDirectory(group.resolve("current"))) {
                    disk.syncDirectory(group.resolve("current"));
                }
                disk.syncDirectory(group);
            }
        }
        disk.syncDirectory(raft());
    }

    UUID clusterId() {
        return charter.orElseThrow().clusterId();
    }

    Path raft() {
        return root.resolve("raft");
    }

    /** Where Ratis would put groups that are removed; none is. */
    Path removedGroups() {
        return root.resolve("raft-removed");
    }

    Path state(String group) {
        return root.resolve("state").resolve(group);
    }

    Path partition(int group, PartitionId id) {
        return partitions(group).resolve(id.topicId() + "-" + id.partition());
    }

    /** The directories that partitions of a topic have, or had. */
    List<Path> partitionsOfTopic(int group, long topicId) throws IOException {
        if (!Files.isDirectory(partitions(group))) {
            return List.of();
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(partitions(group), topicId + "-*")) {
            List<Path> directories = new ArrayList<>();
            found.forEach(directories::add);
            return directories;
        }
    }

    /** Where images of a group are kept for others. */
    Path images(String group) {
        return root.resolve("images").resolve(group);
    }

    /** Where a copy of a group is put together. */
    Path copies(String group) {
        return root.resolve("copies").resolve(group);
    }

    Path states() {
        return root.resolve("state");
    }

    Path partitions(int group) {
        return root.resolve("partitions").resolve("group-" + group);
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
