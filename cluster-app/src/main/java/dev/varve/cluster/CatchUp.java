package dev.varve.cluster;

import dev.varve.cluster.copying.Copy;
import dev.varve.cluster.copying.Staging;
import dev.varve.log.LogException;
import dev.varve.log.LogOptions;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.client.RaftClientConfigKeys;
import org.apache.ratis.client.RaftClientRpc;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.ProtoUtils;
import org.apache.ratis.util.TimeDuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies a group from another node when the leader says that it has cut the entries which this replica misses; from the leader, and if that
 * fails from somebody else who has what is needed. Any thread.
 *
 * <p>Ratis takes a copy up when the same leader asks the next time, and not before; of another leader, who may not need to ask, it would go
 * on refusing every entry. So a copy that was made for somebody who does not lead any more is told to have failed, and kept in case the next leader
 * asks for it.
 */
final class CatchUp implements Closeable {
    private static final Logger LOGGER = LoggerFactory.getLogger(CatchUp.class);
    /** An image is made when what it holds is synced, which takes a while on a busy disk. */
    private static final long ANSWER_SECONDS = 60;

    /** A piece is read and sent at once. */
    private static final long PIECE_SECONDS = 10;

    private static final int PIECE_ATTEMPTS = 3;

    /** What is committed is applied within so long, or something is wrong. */
    private static final long APPLIED_SECONDS = 10;

    private static final long APPLIED_AGAIN_MILLIS = 20;

    private static final long MIN_RETRY_MILLIS = 250;
    private static final long MAX_RETRY_MILLIS = 8_000;
    private static final long TAKEN_UP_SECONDS = 30;
    private static final long STAGED_SECONDS = 300;
    private static final long CLOSE_MILLIS = 20_000;

    private final String name;
    private final RaftServer server;
    private final RaftGroupId groupId;
    private final Staging staging;
    private final long bytesPerSecond;
    private final Own own;

    /** Guards what is below. */
    private final Object lock = new Object();

    private Thread thread;
    private boolean closed;
    private boolean isTakenUp;

    /** Of a copy that is whole, and not decided upon yet; of the thread that copies. */
    private TermIndex staged;

    /** Before the next attempt, of the thread that copies. */
    private long retryMillis = MIN_RETRY_MILLIS;

    /** The replica that is behind, or is said to be. Any thread. */
    interface Own {
        /** The last entry that it has applied. */
        TermIndex applied();

        /**
         * Has what it has applied on the disk.
         *
         * @return up to which entry
         */
        TermIndex save() throws IOException;

        /** Has it take part in its group no more. */
        void stop(Throwable why);
    }

    private record Task(
            RaftPeer leader, TermIndex firstAvailable, TermIndex applied, CompletableFuture<TermIndex> done) {}

    CatchUp(String name, RaftServer server, RaftGroupId groupId, Staging staging, long bytesPerSecond, Own own) {
        this.name = name;
        this.server = server;
        this.groupId = groupId;
        this.staging = staging;
        this.bytesPerSecond = bytesPerSecond;
        this.own = own;
    }

    /**
     * Begins to copy; does not block.
     *
     * @param firstAvailable the first entry that the leader has
     * @return the last entry that is in the copy, once that is decided upon; null if nothing was missing
     */
    CompletableFuture<TermIndex> begin(RoleInfoProto role, TermIndex firstAvailable) {
        CompletableFuture<TermIndex> done = new CompletableFuture<>();
        synchronized (lock) {
            if (closed || thread != null) {
                done.completeExceptionally(new IllegalStateException(closed ? name + " is closed" : "copying already"));
                return done;
            }
            RaftPeer leader =
                    ProtoUtils.toRaftPeer(role.getFollowerInfo().getLeaderInfo().getId());
            Task task = new Task(leader, firstAvailable, own.applied(), done);
            isTakenUp = false;
            Thread copying = new Thread(() -> run(task), "varve-copy-" + name);
            copying.setDaemon(true);
            copying.start();
            thread = copying;
        }
        return done;
    }

    /** Ratis has heard that there is a copy. */
    void isTakenUp() {
        synchronized (lock) {
            isTakenUp = true;
            lock.notifyAll();
        }
    }

    private void run(Task task) {
        try {
            if (missesNothing(task)) {
                retryMillis = MIN_RETRY_MILLIS;
                ended();
                task.done().complete(null);
                return;
            }
            TermIndex at = stage(task);
            requireLeader(task.leader());
            staging.decide();
            staged = null;
            retryMillis = MIN_RETRY_MILLIS;
            ended();
            task.done().complete(at);
            watch();
        } catch (IOException | RuntimeException | Error e) {
            LOGGER.warn("Copying {} is to be tried again: {}", name, e.toString());
            // What is staged joins the log of the next leader, most likely, who is not to wait.
            boolean isStaged = staged != null;
            if (!isStaged) {
                pause();
            }
            ended();
            task.done().completeExceptionally(e);
            if (e instanceof Staging.UndecidedException) {
                LOGGER.error(
                        "This replica of {} stops here, the others go on. Once the cause is gone, start the node again",
                        name,
                        e);
                own.stop(e);
            } else if (isStaged) {
                discardLater();
            }
        }
    }

    /**
     * Whether this replica has all that the leader has cut. A leader in Ratis 3.3.0 that lost a connection begins again at the last entry that it
     * knows this replica to have, and a new leader knows of none. Ratis tells it better as soon as its log knows of a snapshot that is late
     * enough, which it learns from nobody else.
     */
    private boolean missesNothing(Task task) throws IOException {
        RaftLog log = server.getDivision(groupId).getRaftLog();
        long first = task.firstAvailable().getIndex();
        if (log.getLastCommittedIndex() < first) {
            return false;
        }
        long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(APPLIED_SECONDS);
        while (own.applied().getIndex() < first && millisUntil(untilNanos) > 0 && !isClosed()) {
            awaitLocked(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(APPLIED_AGAIN_MILLIS), () -> closed);
        }
        if (own.applied().getIndex() < first) {
            return false;
        }
        long saved = own.save().getIndex();
        log.updateSnapshotIndex(saved);
        LOGGER.info(
                "{} misses nothing: it is here up to entry {}, and {}, who leads, has it from {} on",
                name,
                saved,
                task.leader().getId(),
                first);
        return true;
    }

    private boolean isClosed() {
        synchronized (lock) {
            return closed;
        }
    }

    /** The next leader may have all that is missed in its log: then nobody asks for the copy. */
    private void discardLater() {
        long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(STAGED_SECONDS);
        if (awaitLocked(untilNanos, () -> thread != null || closed)) {
            return;
        }
        try {
            synchronized (lock) {
                if (thread == null && staged != null) {
                    staged = null;
                    staging.discard();
                }
            }
            // Takes a while, and threads of Ratis wait for the lock.
            staging.deleteDiscarded();
        } catch (IOException e) {
            LOGGER.warn("A copy of {} that nobody needs goes with the next start: {}", name, e.toString());
        }
    }

    /** Another attempt may begin. */
    private void ended() {
        synchronized (lock) {
            thread = null;
            lock.notifyAll();
        }
    }

    private void pause() {
        long untilNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(retryMillis);
        awaitLocked(untilNanos, () -> closed);
        retryMillis = Math.min(2 * retryMillis, MAX_RETRY_MILLIS);
    }

    /** Waits until something is so, or the time is over; whether it is so. */
    private boolean awaitLocked(long untilNanos, BooleanSupplier condition) {
        synchronized (lock) {
            try {
                long left = millisUntil(untilNanos);
                while (left > 0 && !condition.getAsBoolean()) {
                    lock.wait(left);
                    left = millisUntil(untilNanos);
                }
            } catch (InterruptedException e) {
                // Nobody interrupts this thread but a JVM that ends.
                closed = true;
            }
            return condition.getAsBoolean();
        }
    }

    private static long millisUntil(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos - System.nanoTime());
    }

    private void requireLeader(RaftPeer leader) throws IOException {
        RaftPeerId now = server.getDivision(groupId).getInfo().getLeaderId();
        if (!leader.getId().equals(now)) {
            throw new IOException("the copy was for " + leader.getId() + ", who leads no more; " + now + " does");
        }
    }

    private TermIndex stage(Task task) throws IOException {
        if (staged != null && helps(staged, task)) {
            LOGGER.info("The copy of {} up to entry {} that was made before is used", name, staged.getIndex());
            return staged;
        }
        staged = null;
        LOGGER.info(
                "This node has {} up to entry {}, and {}, who leads, from {} on only. What is missing is copied",
                name,
                task.applied().getIndex(),
                task.leader().getId(),
                task.firstAvailable().getIndex());
        // Of a newcomer's own group nobody is known yet but the leader who sends it here.
        List<RaftPeer> sources =
                sources(task.leader(), server.getDivision(groupId).getGroup());
        RaftProperties properties = new RaftProperties(server.getProperties());
        RaftClientConfigKeys.Rpc.setRequestTimeout(properties, TimeDuration.valueOf(ANSWER_SECONDS, TimeUnit.SECONDS));
        IOException failure = null;
        try (RaftClient client = RaftClient.newBuilder()
                .setRaftGroup(RaftGroup.valueOf(groupId, sources))
                .setProperties(properties)
                .build()) {
            for (RaftPeer peer : sources) {
                try {
                    staged = copy(task, peer, client.getClientRpc());
                    return staged;
                } catch (IOException | LogException e) {
                    IOException attempt = new IOException("from " + peer.getId() + ": " + e.getMessage(), e);
                    LOGGER.warn("{} cannot be copied {}", name, attempt.getMessage());
                    if (failure != null) {
                        attempt.addSuppressed(failure);
                    }
                    failure = attempt;
                }
            }
        }
        throw failure;
    }

    /** The leader first. */
    private List<RaftPeer> sources(RaftPeer leader, RaftGroup group) {
        List<RaftPeer> sources = new ArrayList<>();
        sources.add(leader);
        for (RaftPeer peer : group.getPeers()) {
            if (!peer.getId().equals(leader.getId()) && !peer.getId().equals(server.getId())) {
                sources.add(peer);
            }
        }
        return sources;
    }

    private TermIndex copy(Task task, RaftPeer peer, RaftClientRpc remote) throws IOException {
        long startNanos = System.nanoTime();
        Pace pace = new Pace(startNanos);
        Copy copy = new Copy(
                (request, isPiece) -> ask(remote, peer.getId(), request, isPiece),
                staging,
                LogOptions.defaults().withMaxBatchBytes(RaftOptions.MAX_BATCH_BYTES),
                pace::copied);
        TermIndex at = copy.run(server.getId().toString(), image -> {
            if (!helps(image, task)) {
                throw new IOException("it has " + name + " up to entry " + image.getIndex() + " only");
            }
        });
        LOGGER.info(
                "{} was copied from {} up to entry {}: {} bytes in {} ms",
                name,
                peer.getId(),
                at.getIndex(),
                copy.copiedBytes(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos));
        return at;
    }

    /** Whether a copy up to there joins the log of the leader, and is not behind what this replica has. */
    private static boolean helps(TermIndex at, Task task) {
        return at.getIndex() + 1 >= task.firstAvailable().getIndex()
                && at.getIndex() >= task.applied().getIndex();
    }

    /** What does not come is asked for again over a new connection: the one before may have been cut, and wait for minutes. */
    private byte[] ask(RaftClientRpc remote, RaftPeerId peer, byte[] request, boolean isPiece) throws IOException {
        int attempts = isPiece ? PIECE_ATTEMPTS : 1;
        for (int attempt = 1; ; attempt++) {
            try {
                return ask(remote, peer, request, isPiece ? PIECE_SECONDS : ANSWER_SECONDS);
            } catch (TimeoutException e) {
                if (attempt == attempts) {
                    throw new IOException(
                            "no answer within " + (isPiece ? PIECE_ATTEMPTS * PIECE_SECONDS : ANSWER_SECONDS) + " s",
                            e);
                }
                remote.handleException(peer, e, true);
            }
        }
    }

    private byte[] ask(RaftClientRpc remote, RaftPeerId peer, byte[] request, long seconds)
            throws IOException, TimeoutException {
        RaftClientRequest sent = RaftClientRequest.newBuilder()
                .setClientId(ClientId.randomId())
                .setServerId(peer)
                .setGroupId(groupId)
                .setCallId(CallId.getAndIncrement())
                .setMessage(Message.valueOf(UnsafeByteOperations.unsafeWrap(request)))
                .setType(RaftClientRequest.staleReadRequestType(0))
                .build();
        try {
            RaftClientReply reply = remote.sendRequestAsyncUnordered(sent).get(seconds, TimeUnit.SECONDS);
            if (!reply.isSuccess()) {
                throw new IOException("refused: " + reply.getException(), reply.getException());
            }
            return reply.getMessage().getContent().toByteArray();
        } catch (ExecutionException e) {
            throw new IOException("not reached: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Keeps a copy from taking all of the network and the disks. */
    private final class Pace {
        private final long startNanos;
        private long bytes;

        private Pace(long startNanos) {
            this.startNanos = startNanos;
        }

        private void copied(long more) {
            bytes += more;
            long dueNanos = startNanos + (long) (1e9 * bytes / bytesPerSecond);
            if (awaitLocked(dueNanos, () -> closed)) {
                throw new IllegalStateException("the node is stopping");
            }
        }
    }

    /**
     * Sees to it that the copy is taken up. If the leader changed at the last moment to one who does not ask, nothing would ever come of it, and
     * Ratis would refuse all entries: then this replica stops, so that everybody sees it.
     */
    private void watch() {
        long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(TAKEN_UP_SECONDS);
        if (awaitLocked(untilNanos, () -> isTakenUp || closed || thread != null)) {
            return;
        }
        LOGGER.error(
                "{} was copied, but nobody asked for the copy within {} s: the leader has changed meanwhile. This replica stops"
                        + " here, the others go on. Start the node again: it begins with the copy",
                name,
                TAKEN_UP_SECONDS);
        own.stop(new IOException("a copy of " + name + " was made, but nobody asked for it"));
    }

    /** Ends a copy that is under way, and waits for that. */
    @Override
    public void close() {
        Thread running;
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
            running = thread;
        }
        if (running != null) {
            try {
                running.join(CLOSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
