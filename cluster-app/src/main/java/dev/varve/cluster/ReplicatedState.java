package dev.varve.cluster;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.cluster.metrics.ClusterMeter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A state that all replicas come to alike, since it changes only by the committed entries of a Raft log, applied in their order by one
 * thread. An entry that cannot be applied ends this replica: nothing is applied behind it.
 *
 * <p>A snapshot is a file with the state and with the entry up to which it counts. It is written when everything that the state stands for is
 * on the disk, so Ratis is never told of more than would survive a loss of power.
 */
abstract class ReplicatedState extends BaseStateMachine {
    private static final Logger LOGGER = LoggerFactory.getLogger(ReplicatedState.class);
    private static final int VERSION = 1;

    private final String name;
    private final Path snapshotFile;
    private volatile SnapshotInfo latestSnapshot;
    private volatile Throwable failure;
    private volatile ClusterMeter meter = ClusterMeter.NONE;
    private volatile int group;

    /** How many records were applied so far; of the thread that applies. */
    private long recordCount;

    ReplicatedState(String name, Path snapshotFile) {
        this.name = name;
        this.snapshotFile = snapshotFile;
    }

    /**
     * Applies the commands of an entry. A function of them and of the state alone: it asks no clock, draws no random number and knows no
     * setting of this node.
     *
     * @return the results in the same order
     */
    abstract List<byte[]> apply(long term, long index, List<byte[]> commands);

    /** Has all on the disk that the state stands for, and writes the state. */
    abstract void save(Output output) throws IOException;

    /** Reads what is kept beside the snapshots, before anything else. */
    void begin() throws IOException {}

    /** Begins with a state that was saved. */
    abstract void load(Input input) throws IOException;

    @Override
    public final void initialize(RaftServer server, RaftGroupId groupId, RaftStorage storage) throws IOException {
        super.initialize(server, groupId, storage);
        begin();
        Optional<byte[]> saved = DurableFile.read(snapshotFile);
        if (saved.isEmpty()) {
            return;
        }
        try (Input input = new Input(saved.get())) {
            int version = input.readByte();
            if (version != VERSION) {
                throw new IOException(snapshotFile + " is of version " + version + "; this program knows " + VERSION
                        + ". Use a later one");
            }
            TermIndex at = TermIndex.valueOf(input.readLong(), input.readLong());
            load(input);
            setLastAppliedTermIndex(at);
            latestSnapshot = new StateSnapshot(at);
        } catch (KryoException e) {
            throw new IOException(snapshotFile + " ends too early: " + e.getMessage(), e);
        }
    }

    @Override
    public final CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        var entry = transaction.getLogEntry();
        try {
            if (failure != null) {
                throw new IllegalStateException("an entry before this one could not be applied", failure);
            }
            byte[] data = transaction.getStateMachineLogEntry().getLogData().toByteArray();
            long began = System.nanoTime();
            long recordsBefore = recordCount;
            List<byte[]> commands = Parcel.unpack(data);
            byte[] results = Parcel.pack(apply(entry.getTerm(), entry.getIndex(), commands));
            int records = (int) (recordCount - recordsBefore);
            meter.applied(group, commands.size(), records, data.length, System.nanoTime() - began);
            updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
            return CompletableFuture.completedFuture(Message.valueOf(UnsafeByteOperations.unsafeWrap(results)));
        } catch (RuntimeException | Error e) {
            failure = e;
            LOGGER.error(
                    "Entry {} of {} could not be applied. This replica stops here, the others go on; what is committed"
                            + " can still be read here. Once the cause is gone, start the node again",
                    entry.getIndex(),
                    name,
                    e);
            throw e;
        }
    }

    @Override
    public final long takeSnapshot() throws IOException {
        if (failure != null) {
            throw new IOException("no snapshot of " + name + ", which has failed", failure);
        }
        TermIndex at = getLastAppliedTermIndex();
        if (at == null || at.getIndex() < 0) {
            return -1;
        }
        long began = System.nanoTime();
        Output output = new Output(1024, -1);
        output.writeByte(VERSION);
        output.writeLong(at.getTerm());
        output.writeLong(at.getIndex());
        save(output);
        DurableFile.write(snapshotFile, output.toBytes());
        latestSnapshot = new StateSnapshot(at);
        meter.saved(group, System.nanoTime() - began);
        return at.getIndex();
    }

    @Override
    public final SnapshotInfo getLatestSnapshot() {
        return latestSnapshot;
    }

    /** A read of nothing: it is answered when everything that was committed before it was asked is applied here. */
    @Override
    public final CompletableFuture<Message> query(Message request) {
        return CompletableFuture.completedFuture(Message.EMPTY);
    }

    /** From now on somebody is told what is applied and saved, under the number of the group. */
    final void measure(int number, ClusterMeter newMeter) {
        group = number;
        meter = newMeter;
    }

    /** So many records are being applied. */
    final void countRecords(int records) {
        recordCount += records;
    }

    /** Why nothing is applied any more; null if it is. */
    final Throwable failure() {
        return failure;
    }

    /** Ratis copies no files of ours. */
    private record StateSnapshot(TermIndex termIndex) implements SnapshotInfo {
        @Override
        public TermIndex getTermIndex() {
            return termIndex;
        }

        @Override
        public List<FileInfo> getFiles() {
            return List.of();
        }
    }
}
