package dev.varve.cluster;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.cluster.GroupCommand.Batch;
import dev.varve.cluster.GroupCommand.Configure;
import dev.varve.cluster.GroupCommand.DeleteBefore;
import dev.varve.cluster.GroupCommand.Forget;
import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.cluster.GroupCommand.Open;
import dev.varve.cluster.GroupCommand.Remove;
import dev.varve.cluster.copying.Image;
import dev.varve.cluster.copying.Staging;
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
import java.util.HashMap;
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

    /** Of those who wait for the end of a log to move, while the logs are being switched. */
    private final Map<PartitionId, Tails> suspended = new HashMap<>();

    /** Ids of topics that were removed: a late command to open one of their partitions is passed over. */
    private final Set<Long> removed = ConcurrentHashMap.newKeySet();

    private Recovery recovery = new Recovery();

    /** Up to this id all topics were removed that are not there, and are not listed one by one when the snapshot says so. */
    private volatile long forgottenUpTo = -1;

    GroupState(int group, NodeDirectory directory) {
        this(group, directory, NioDisk.instance());
    }

    /** @param disk where the partitions lie */
    GroupState(int group, NodeDirectory directory, Disk disk) {
        super("group-" + group, directory, directory.partitions(group));
        this.group = group;
        this.directory = directory;
        this.disk = disk;
        this.removals = new Removals(directory.state("group-" + group + "-removed"));
    }

    /** From now on somebody is told of the partitions that are opened. */
    void tell(Recovery told) {
        recovery = told;
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
            if (command instanceof Batch batch) {
                countRecords(batch.recordCount());
                Replica replica = replicas.get(batch.id());
                if (replica == null) {
                    results[place] = GroupResult.NoSuchPartition.INSTANCE;
                } else {
                    results[place] = replica.stage(term, index, place, batch);
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
            if (!isRemoved(open.id().topicId())) {
                replicas.computeIfAbsent(
                        open.id(),
                        id -> Replica.open(
                                id,
                                disk,
                                directory.partition(group, id),
                                open.logId(),
                                open.settings(),
                                0,
                                new Tails()));
            }
            return GroupResult.Done.INSTANCE;
        } else if (command instanceof Configure configure) {
            ofTopic(configure.topicId()).forEach(replica -> replica.configure(configure.settings()));
            return GroupResult.Done.INSTANCE;
        } else if (command instanceof Forget forget) {
            forgottenUpTo = Math.max(forgottenUpTo, forget.topicId());
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

    private boolean isRemoved(long topicId) {
        return removed.contains(topicId)
                || (topicId <= forgottenUpTo && ofTopic(topicId).isEmpty());
    }

    /** How many removed topics are listed one by one. */
    int removedTopics() {
        return removed.size();
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
                PartitionLog.delete(left, LogOptions.defaults().withDisk(disk).withReplicated(true));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("topic " + topicId + " cannot be removed", e);
        }
    }

    @Override
    void save(Output output) throws IOException {
        try {
            List<Replica> all = List.copyOf(replicas.values());
            output.writeLong(forgottenUpTo);
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

    /** From here on nobody begins with a state that has one of these topics. */
    @Override
    void saved() throws IOException {
        if (removed.removeIf(topicId -> topicId <= forgottenUpTo)) {
            removals.write(removed);
        }
    }

    @Override
    void flush() throws IOException {
        for (Replica replica : replicas()) {
            try {
                replica.log().flush();
            } catch (LogException.Closed e) {
                LOGGER.debug("{} was closed or opened anew while it was synced", replica.id());
            } catch (LogException e) {
                throw new IOException("a partition cannot be synced: " + e.getMessage(), e);
            }
        }
    }

    @Override
    void addTo(Image image) throws IOException {
        image.add(Staging.STATE + "/" + removals.name(), DurableFile.encode(Removals.encode(removed)));
        try {
            for (Replica replica : replicas()) {
                image.add(
                        Staging.PARTITIONS + "/"
                                + directory.partition(group, replica.id()).getFileName(),
                        replica.log().image());
            }
        } catch (LogException e) {
            throw new IOException("a partition cannot be copied: " + e.getMessage(), e);
        }
    }

    @Override
    void begin() throws IOException {
        removed.clear();
        removed.addAll(removals.read());
    }

    @Override
    void load(Input input) throws IOException {
        forgottenUpTo = input.readLong();
        int count = input.readVarInt(true);
        recovery.found(count);
        try {
            for (int i = 0; i < count; i++) {
                PartitionId id = new PartitionId(input.readVarLong(true), input.readVarInt(true));
                load(id, input.readLong(), LogSettings.read(input), input.readVarLong(true));
                recovery.opened();
            }
            endSuspended();
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
        Tails waiting = suspended.remove(id);
        Replica replica =
                Replica.open(id, disk, path, logId, settings, endOffset, waiting == null ? new Tails() : waiting);
        replicas.put(id, replica);
        replica.tails().replaced(replica.log());
    }

    @Override
    void suspend() {
        for (Replica replica : replicas.values()) {
            suspended.put(replica.id(), replica.tails());
            try {
                replica.log().close();
            } catch (LogException e) {
                LOGGER.warn("Closing {}: {}", replica.id(), e.getMessage());
            }
        }
        replicas.clear();
    }

    private void endSuspended() {
        suspended.values().forEach(Tails::end);
        suspended.clear();
    }

    @Override
    void release() {
        for (Replica replica : replicas.values()) {
            try {
                replica.close();
            } catch (LogException e) {
                LOGGER.warn("Closing {}: {}", replica.id(), e.getMessage());
            }
        }
        replicas.clear();
        endSuspended();
    }
}
