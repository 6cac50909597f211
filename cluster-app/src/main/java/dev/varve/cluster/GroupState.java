package dev.varve.cluster;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.cluster.GroupCommand.Append;
import dev.varve.cluster.GroupCommand.Configure;
import dev.varve.cluster.GroupCommand.DeleteBefore;
import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.cluster.GroupCommand.Open;
import dev.varve.cluster.GroupCommand.Remove;
import dev.varve.log.LogException;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.io.Disk;
import dev.varve.log.io.NioDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The state of a group: the logs of its partitions. This is all that ever writes them. */
final class GroupState extends ReplicatedState {
    private static final Logger LOGGER = LoggerFactory.getLogger(GroupState.class);

    private final int group;
    private final NodeDirectory directory;
    private final Disk disk;
    private final Removals removals;
    private final Map<PartitionId, Replica> replicas = new ConcurrentHashMap<>();

    /** Ids of topics that were removed: a late command to open one of their partitions is passed over. */
    private final Set<Long> removed = ConcurrentHashMap.newKeySet();

    GroupState(int group, NodeDirectory directory) {
        this(group, directory, NioDisk.instance());
    }

    /** @param disk where the partitions lie */
    GroupState(int group, NodeDirectory directory, Disk disk) {
        super("group " + group, directory.state("group-" + group));
        this.group = group;
        this.directory = directory;
        this.disk = disk;
        this.removals = new Removals(directory.state("group-" + group + "-removed"));
    }

    Optional<Replica> replica(PartitionId id) {
        return Optional.ofNullable(replicas.get(id));
    }

    Collection<Replica> replicas() {
        return List.copyOf(replicas.values());
    }

    @Override
    List<byte[]> apply(long term, long index, List<byte[]> commands) {
        GroupResult[] results = new GroupResult[commands.size()];
        Set<Replica> touched = new LinkedHashSet<>();
        for (int place = 0; place < results.length; place++) {
            GroupCommand command = GroupCommand.decode(commands.get(place));
            if (command instanceof Append append) {
                Replica replica = replicas.get(append.id());
                if (replica == null) {
                    results[place] = GroupResult.NoSuchPartition.INSTANCE;
                } else {
                    results[place] = replica.stage(term, index, place, append);
                    touched.add(replica);
                }
            } else {
                commitAll(touched, results);
                results[place] =
                        command instanceof DeleteBefore delete ? deleteBefore(index, place, delete) : carryOut(command);
            }
        }
        commitAll(touched, results);
        return Arrays.stream(results).map(GroupResult::encode).toList();
    }

    private static void commitAll(Set<Replica> touched, GroupResult[] results) {
        touched.forEach(replica -> replica.commit(results));
        touched.clear();
    }

    private GroupResult carryOut(GroupCommand command) {
        if (command instanceof Open open) {
            if (!removed.contains(open.id().topicId())) {
                replicas.computeIfAbsent(
                        open.id(),
                        id -> Replica.open(id, disk, directory.partition(group, id), open.logId(), open.settings(), 0));
            }
            return GroupResult.Done.INSTANCE;
        } else if (command instanceof Configure configure) {
            ofTopic(configure.topicId()).forEach(replica -> replica.configure(configure.settings()));
            return GroupResult.Done.INSTANCE;
        }
        remove(((Remove) command).topicId());
        return GroupResult.Done.INSTANCE;
    }

    private GroupResult deleteBefore(long index, int place, DeleteBefore delete) {
        Replica replica = replicas.get(delete.id());
        return replica == null
                ? GroupResult.NoSuchPartition.INSTANCE
                : replica.deleteBefore(index, place, delete.offset());
    }

    private List<Replica> ofTopic(long topicId) {
        return replicas.values().stream()
                .filter(replica -> replica.id().topicId() == topicId)
                .toList();
    }

    /** First notes down that the topic is gone, so that logs which are missing after a crash are not taken for lost ones. */
    private void remove(long topicId) {
        try {
            if (removed.add(topicId)) {
                removals.write(removed);
            }
            for (Replica replica : ofTopic(topicId)) {
                replicas.remove(replica.id());
                replica.delete();
            }
            for (Path left : directory.partitionsOfTopic(group, topicId)) {
                PartitionLog.delete(left, LogOptions.defaults().withDisk(disk));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("topic " + topicId + " cannot be removed", e);
        }
    }

    @Override
    void save(Output output) throws IOException {
        try {
            List<Replica> all = List.copyOf(replicas.values());
            output.writeVarInt(all.size(), true);
            for (Replica replica : all) {
                long end = replica.log().flush();
                output.writeVarLong(replica.id().topicId(), true);
                output.writeVarInt(replica.id().partition(), true);
                output.writeLong(replica.logId());
                replica.settings().write(output);
                output.writeVarLong(end, true);
            }
        } catch (LogException e) {
            throw new IOException("a partition cannot be synced: " + e.getMessage(), e);
        }
    }

    @Override
    void begin() throws IOException {
        removed.addAll(removals.read());
    }

    @Override
    void load(Input input) throws IOException {
        int count = input.readVarInt(true);
        try {
            for (int i = 0; i < count; i++) {
                PartitionId id = new PartitionId(input.readVarLong(true), input.readVarInt(true));
                load(id, input.readLong(), LogSettings.read(input), input.readVarLong(true));
            }
        } catch (LogException | IllegalStateException e) {
            release();
            throw new IOException("a partition cannot be opened: " + e.getMessage(), e);
        }
    }

    private void load(PartitionId id, long logId, LogSettings settings, long endOffset) {
        if (removed.contains(id.topicId())) {
            // Removed behind the snapshot; the entry that says so comes again.
            return;
        }
        Path path = directory.partition(group, id);
        if (!PartitionLog.exists(path, LogOptions.defaults().withDisk(disk))) {
            throw new IllegalStateException("the log in " + path + ", which was synced up to offset " + endOffset
                    + ", is gone. Nothing was changed");
        }
        replicas.put(id, Replica.open(id, disk, path, logId, settings, endOffset));
    }

    /** Closes the logs. Until then they can be read, even when nothing is applied any more. */
    void release() {
        for (Replica replica : replicas.values()) {
            try {
                replica.close();
            } catch (LogException e) {
                LOGGER.warn("Closing {}: {}", replica.id(), e.getMessage());
            }
        }
        replicas.clear();
    }
}
