package dev.varve.cluster;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.cluster.copying.Image;
import dev.varve.cluster.copying.Images;
import dev.varve.cluster.copying.Staging;
import dev.varve.cluster.metrics.ClusterMeter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A state that all replicas come to alike, since it changes only by the committed entries of a Raft log, applied in their order by one
 * thread. An entry that cannot be applied ends this replica: nothing is applied behind it. So does a Raft log that cannot be written, and a
 * state that cannot be saved: a sync that has failed is not to be tried again.
 *
 * <p>A snapshot is a file with the state and with the entry up to which it counts. It is written when everything that the state stands for is
 * on the disk, so Ratis is never told of more than would survive a loss of power.
 */
abstract class ReplicatedState extends BaseStateMachine {
    private static final Logger LOGGER = LoggerFactory.getLogger(ReplicatedState.class);

    private final String name;
    private final Path snapshotFile;
    private final Staging staging;
    private final Images images;
    private final Writers writers = new Writers();
    private volatile StateSnapshot latestSnapshot;
    private final Halt halt = new Halt();

    /** Whether an entry could not be applied: then nothing may be applied behind it, and nothing be saved. */
    private volatile boolean isBroken;

    private volatile long bytesSinceSnapshot;
    private volatile long copyBytesPerSecond = Long.MAX_VALUE;
    private volatile ClusterMeter meter = ClusterMeter.NONE;
    private volatile int group;

    /** How many records were applied so far; of the thread that applies. */
    private long recordCount;

    private long commandCount;

    /** Guarded by this. */
    private CatchUp catchUp;

    /** Held while the state changes, so that an image shows it between two entries. */
    private final Object applying = new Object();

    /**
     * @param name of the group, as it is in the names of files
     * @param partitions where the logs of the group lie; null for a group without any
     */
    ReplicatedState(String name, NodeDirectory directory, Path partitions) {
        this.name = name;
        this.snapshotFile = directory.state(name);
        this.staging = new Staging(directory.copies(name), directory.states(), partitions);
        this.images = new Images(name, directory.images(name), this::makeImage);
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

    /** What was saved last is on the disk. */
    void saved() throws IOException {}

    /** Reads what is kept beside the snapshots, before anything else. */
    void begin() throws IOException {}

    /** Takes up a state that was saved, in the place of the one that is there. Whoever reads meanwhile sees the one or the other. */
    abstract void load(Input input) throws IOException;

    /** Syncs what is written already; any thread, while others write on. */
    void flush() throws IOException {}

    /** Adds to an image what is not in the saved state. */
    void addTo(Image image) throws IOException {}

    /** Closes what is open, for a moment: what was copied is to take its place. */
    void suspend() {}

    /** Closes what is open; until then it can be read, even when nothing is applied any more. */
    void release() {}

    @Override
    public final void initialize(RaftServer server, RaftGroupId groupId, RaftStorage storage) throws IOException {
        super.initialize(server, groupId, storage);
        getLifeCycle().transition(LifeCycle.State.STARTING);
        images.sweep();
        staging.deleteDiscarded();
        forgetOldCopy();
        begin(staging.finish());
        getLifeCycle().transition(LifeCycle.State.RUNNING);
    }

    /** A copy that this node has gone past, for it could not be decided upon after all. */
    private void forgetOldCopy() throws IOException {
        Optional<Path> copied = staging.untouched(snapshotFile.getFileName().toString());
        if (copied.isPresent() && StateSnapshot.indexIn(snapshotFile) >= StateSnapshot.indexIn(copied.get())) {
            LOGGER.warn("There is a copy of {} that is no newer than what this node has; it is thrown away", name);
            staging.revoke();
        }
    }

    private void begin(boolean isCopied) throws IOException {
        if (isCopied) {
            LOGGER.info("The copy of {} has taken the place of what this node had", name);
        }
        begin();
        Optional<byte[]> saved = DurableFile.read(snapshotFile);
        if (saved.isPresent()) {
            restore(saved.get());
        }
    }

    /** Takes up a snapshot. */
    final void restore(byte[] snapshot) throws IOException {
        try (Input input = new Input(snapshot)) {
            StateSnapshot taken = StateSnapshot.readHeader(snapshotFile, input);
            writers.load(input);
            load(input);
            setLastAppliedTermIndex(taken.termIndex());
            latestSnapshot = taken;
            bytesSinceSnapshot = 0;
        } catch (KryoException e) {
            throw new IOException(snapshotFile + " ends too early: " + e.getMessage(), e);
        }
    }

    @Override
    public final CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        var entry = transaction.getLogEntry();
        try {
            if (isBroken) {
                throw new IllegalStateException("an entry before this one could not be applied", failure());
            }
            byte[] data = transaction.getStateMachineLogEntry().getLogData().toByteArray();
            long began = System.nanoTime();
            long commandsBefore = commandCount;
            long recordsBefore = recordCount;
            byte[] results;
            synchronized (applying) {
                results = applyOnce(entry.getTerm(), entry.getIndex(), data);
                reached(entry.getTerm(), entry.getIndex());
                bytesSinceSnapshot += data.length;
            }
            meter.applied(
                    group,
                    (int) (commandCount - commandsBefore),
                    (int) (recordCount - recordsBefore),
                    data.length,
                    System.nanoTime() - began);
            return CompletableFuture.completedFuture(Message.valueOf(UnsafeByteOperations.unsafeWrap(results)));
        } catch (RuntimeException | Error e) {
            if (!isBroken) {
                LOGGER.error(
                        "Entry {} of {} could not be applied. This replica stops here, the others go on; what is committed"
                                + " can still be read here. Once the cause is gone, start the node again",
                        entry.getIndex(),
                        name,
                        e);
            }
            isBroken = true;
            if (halt.isToThrow(e)) {
                throw e;
            }
            return CompletableFuture.failedFuture(e);
        }
    }

    /**
     * Applies an entry, unless it is there already: then it gives the results that it gave the first time, or none if they are not kept any
     * more. An entry that comes behind a later one of its writer is passed over, too: nobody waits for it.
     */
    final byte[] applyOnce(long term, long index, byte[] data) {
        RaftEntry entry = RaftEntry.decode(data);
        Writers.Settled last = writers.last(entry.writer());
        if (last != null && entry.sequence() <= last.sequence()) {
            boolean isKnown = entry.sequence() == last.sequence() && last.results().length > 0;
            return isKnown ? last.results() : Parcel.pack(List.of());
        }
        commandCount += entry.commands().size();
        byte[] results = Parcel.pack(apply(term, index, entry.commands()));
        writers.settle(entry.writer(), new Writers.Settled(entry.sequence(), index, results));
        return results;
    }

    /** Notes down that the state is that of this entry. */
    final void reached(long term, long index) {
        updateLastAppliedTermIndex(term, index);
    }

    @Override
    public final long takeSnapshot() throws IOException {
        synchronized (applying) {
            TermIndex at = requireLastApplied();
            if (at == null) {
                return -1;
            }
            try {
                takeSnapshot(at);
            } catch (IOException | RuntimeException | Error e) {
                throw notSaved(e);
            }
            return at.getIndex();
        }
    }

    private void takeSnapshot(TermIndex at) throws IOException {
        long began = System.nanoTime();
        DurableFile.write(snapshotFile, snapshot(at));
        latestSnapshot = new StateSnapshot(at);
        meter.saved(group, System.nanoTime() - began);
        bytesSinceSnapshot = 0;
        saved();
    }

    /**
     * Ratis logs an {@link IOException} of a snapshot and goes on, so this is none, unless the division is being closed. That there is no room
     * is no exception to that, here as little as with an entry: the Raft log would grow until there is none for it either.
     */
    private IllegalStateException notSaved(Throwable why) throws IOException {
        String message = tellNotSaved(why);
        if (halt.isToThrow(why)) {
            return new IllegalStateException(message, why);
        }
        throw new IOException(message, why);
    }

    private String tellNotSaved(Throwable why) {
        String message = name + " could not be saved: " + why.getMessage();
        LOGGER.error(
                "{}. This replica stops here, the others go on; what is committed can still be read here, and nothing is lost."
                        + " Once the cause is gone, start the node again",
                message,
                why);
        return message;
    }

    /** This replica, to whoever sees to it that it catches up. */
    private final class Own implements CatchUp.Own {
        @Override
        public TermIndex applied() {
            return getLastAppliedTermIndex();
        }

        @Override
        public TermIndex save() throws IOException {
            synchronized (applying) {
                TermIndex at = requireLastApplied();
                if (at == null) {
                    throw new IOException(name + " has nothing yet on this node");
                }
                try {
                    takeSnapshot(at);
                    return at;
                } catch (IOException | RuntimeException | Error e) {
                    String message = tellNotSaved(e);
                    stop(e);
                    throw new IOException(message, e);
                }
            }
        }

        @Override
        public void stop(Throwable why) {
            ReplicatedState.this.stop(why);
        }
    }

    private TermIndex requireLastApplied() throws IOException {
        if (failure() != null) {
            throw new IOException("no snapshot of " + name + ", which has failed", failure());
        }
        TermIndex at = getLastAppliedTermIndex();
        return at == null || at.getIndex() < 0 ? null : at;
    }

    /** What is to be written of the state as it is, all of which is on the disk. */
    final byte[] snapshot(TermIndex at) throws IOException {
        Output output = new Output(1024, -1);
        new StateSnapshot(at).writeHeader(output);
        writers.save(output);
        save(output);
        return output.toBytes();
    }

    // Replicas that are behind.

    private TermIndex makeImage(Image image) throws IOException {
        // What takes long; what comes meanwhile is synced once more, and is little.
        flush();
        synchronized (applying) {
            TermIndex at = requireLastApplied();
            if (at == null) {
                throw new IOException(name + " has nothing yet on this node");
            }
            image.add(Staging.STATE + "/" + snapshotFile.getFileName(), DurableFile.encode(snapshot(at)));
            addTo(image);
            return at;
        }
    }

    /** The last entry of the Raft log that no other node needs which copies from this one. */
    final long lastUnneededEntry() {
        return images.lastUnneededEntry();
    }

    /** How many bytes of entries were applied since the last snapshot. */
    final long bytesSinceSnapshot() {
        return bytesSinceSnapshot;
    }

    /** How fast a copy may come. */
    final void limitCopying(long bytesPerSecond) {
        copyBytesPerSecond = bytesPerSecond;
    }

    /** A piece of an image, for a node that copies this one. */
    @Override
    public final CompletableFuture<Message> queryStale(Message request, long minIndex) {
        return images.answer(request.getContent().toByteArray())
                .thenApply(reply -> Message.valueOf(UnsafeByteOperations.unsafeWrap(reply)));
    }

    @Override
    public final synchronized CompletableFuture<TermIndex> notifyInstallSnapshotFromLeader(
            RoleInfoProto role, TermIndex firstAvailable) {
        if (isSwitching()) {
            // A copy that is begun now would get in the way of the one that is just being switched in.
            return CompletableFuture.failedFuture(
                    new IllegalStateException("a copy of " + name + " is taking its place; ask again"));
        }
        try {
            if (catchUp == null) {
                catchUp = new CatchUp(name, getServer().join(), getGroupId(), staging, copyBytesPerSecond, new Own());
            }
            return catchUp.begin(role, firstAvailable);
        } catch (RuntimeException | Error e) {
            // Thrown, Ratis would take the copy for one that is under way, and never ask again.
            LOGGER.error("{} cannot be copied, to be tried again", name, e);
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Comes before {@link #reinitialize}; the state stays readable. */
    @Override
    public final void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
        synchronized (this) {
            if (catchUp != null) {
                catchUp.isTakenUp();
            }
        }
    }

    /** Switches to the copy that was decided upon. */
    @Override
    public final void reinitialize() throws IOException {
        getLifeCycle().transition(LifeCycle.State.STARTING);
        synchronized (applying) {
            suspend();
            try {
                begin(staging.finish());
            } catch (IOException | RuntimeException | Error e) {
                // Thrown whatever it says: Ratis must not go on with a state that is half switched.
                halt.isToThrow(e);
                isBroken = true;
                LOGGER.error(
                        "The copy of {} could not take the place of what this node had. This replica stops here, the others"
                                + " go on. Once the cause is gone, start the node again: it goes on where it stopped",
                        name,
                        e);
                throw e;
            }
        }
        getLifeCycle().transition(LifeCycle.State.RUNNING);
    }

    /** Ends copying, in both directions. */
    @Override
    public void close() throws IOException {
        images.close();
        CatchUp running;
        synchronized (this) {
            running = catchUp;
        }
        if (running != null) {
            running.close();
        }
        super.close();
    }

    @Override
    public final SnapshotInfo getLatestSnapshot() {
        return latestSnapshot;
    }

    /** A read of nothing: it is answered when everything that was committed before it was asked is applied here. */
    @Override
    public final CompletableFuture<Message> query(Message request) {
        return isBroken
                ? CompletableFuture.failedFuture(new IllegalStateException(name + " has stopped", failure()))
                : CompletableFuture.completedFuture(Message.EMPTY);
    }

    // The end.

    /** A leader who cannot write its log would lead on, and nothing would ever be committed again. */
    @Override
    public final void notifyLogFailed(Throwable cause, LogEntryProto failedEntry) {
        if (!isTakingPart()) {
            // Closing may interrupt who writes.
            return;
        }
        LOGGER.error(
                "The Raft log of {} cannot be written. This replica stops here, the others go on; what is committed can still be"
                        + " read here. Once the cause is gone, start the node again",
                name,
                cause);
        stop(cause);
    }

    private boolean isTakingPart() {
        try {
            return getServer().join().getDivision(getGroupId()).getInfo().isAlive();
        } catch (IOException e) {
            // It is none of the server's any more.
            return false;
        }
    }

    /**
     * Has this replica take part in its group no more; what is committed can still be read. Any thread but the one that applies entries, which
     * throws instead. Does not wait: closing a division joins the threads of Ratis, of which this may be one.
     */
    final void stop(Throwable why) {
        if (halt.isToClose(why)) {
            Thread thread = new Thread(this::closeDivision, "varve-stop-" + name);
            thread.setDaemon(true);
            thread.start();
        }
    }

    /** The node is about to close the division. */
    final void ends() {
        halt.isClosedAnyway();
    }

    private void closeDivision() {
        try {
            getServer().join().getDivision(getGroupId()).close();
        } catch (IOException e) {
            LOGGER.warn("{} is closed already: {}", name, e.toString());
        }
    }

    /** Whether a copy is taking the place of what was here: it can be read again soon. */
    final boolean isSwitching() {
        return getLifeCycleState() != LifeCycle.State.RUNNING;
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

    /** Why this replica takes part in its group no more; null if it does, as far as it knows itself. */
    final Throwable failure() {
        return halt.cause();
    }
}
