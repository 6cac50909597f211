package dev.varve.cluster;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.log.io.DirectoryLock;
import dev.varve.log.io.NioDisk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The directory of a node, which says who the node is: the id of the node and that of its cluster are written there once and never
 * change. Locked while the node runs.
 *
 * <pre>
 * lock                     held by the node that runs
 * node                     who it is
 * raft/                    the logs of Raft, a directory for each group
 * state/GROUP              what the state of a group was at its last snapshot
 * partitions/GROUP/T-P/    the log of partition P of the topic with id T
 * images/GROUP/            what other nodes are copying of a group; worth nothing after a start
 * copies/GROUP/            what this node is copying of a group
 * </pre>
 */
final class NodeDirectory implements Closeable {
    private static final int VERSION = 1;

    private final Path root;
    private final DirectoryLock lock;
    private final String nodeId;
    private final UUID clusterId;

    private NodeDirectory(Path root, DirectoryLock lock, String nodeId, UUID clusterId) {
        this.root = root;
        this.lock = lock;
        this.nodeId = nodeId;
        this.clusterId = clusterId;
    }

    /**
     * Locks the directory, and has it say who the node is if it does not yet.
     *
     * @throws IllegalStateException if another process has it, or if it is that of another node or of a node of another cluster; the message
     *     is for people
     */
    static NodeDirectory open(ClusterSettings settings) throws IOException {
        Path root = settings.directory().toAbsolutePath().normalize();
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
            NodeDirectory directory = identify(root, lock, settings);
            opened = true;
            return directory;
        } finally {
            if (!opened) {
                lock.close();
            }
        }
    }

    private static NodeDirectory identify(Path root, DirectoryLock lock, ClusterSettings settings) throws IOException {
        Path file = root.resolve("node");
        Optional<byte[]> known = DurableFile.read(file);
        if (known.isPresent()) {
            NodeDirectory directory = decode(root, lock, known.get());
            directory.requireIdentity(settings);
            return directory;
        }
        String nodeId = settings.nodeId().orElseGet(() -> "node-" + UUID.randomUUID());
        UUID clusterId = clusterId(settings, nodeId);
        Output output = new Output(64, -1);
        output.writeByte(VERSION);
        output.writeString(nodeId);
        output.writeLong(clusterId.getMostSignificantBits());
        output.writeLong(clusterId.getLeastSignificantBits());
        DurableFile.write(file, output.toBytes());
        return new NodeDirectory(root, lock, nodeId, clusterId);
    }

    private static NodeDirectory decode(Path root, DirectoryLock lock, byte[] content) throws IOException {
        try (Input input = new Input(content)) {
            int version = input.readByte();
            if (version != VERSION) {
                throw new IOException(root.resolve("node") + " is of version " + version + "; this program knows "
                        + VERSION + ". Use a later one");
            }
            return new NodeDirectory(root, lock, input.readString(), new UUID(input.readLong(), input.readLong()));
        } catch (KryoException e) {
            throw new IOException(root.resolve("node") + " ends too early: " + e.getMessage(), e);
        }
    }

    private void requireIdentity(ClusterSettings settings) {
        if (settings.nodeId().isPresent() && !settings.nodeId().get().equals(nodeId)) {
            throw new IllegalStateException("the directory " + root + " is that of node '" + nodeId + "', not of '"
                    + settings.nodeId().get() + "'");
        }
        if (!clusterId(settings, nodeId).equals(clusterId)) {
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

    String nodeId() {
        return nodeId;
    }

    UUID clusterId() {
        return clusterId;
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
