package dev.varve.cluster;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;
import org.apache.ratis.client.RaftClientRpc;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.ResourceUnavailableException;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings commands of this node into the log of a group, wherever its leader is. One entry is under way at a time; what is asked for
 * meanwhile, for whatever partition of the group, shares the next one.
 *
 * <p>An entry whose fate is not known is sent again under the same numbers, to the next leader too: those of Ratis, which remembers them for a
 * while, and those of {@link RaftEntry}, which are part of the group's state.
 */
final class RaftWriter implements Closeable {
    private static final Logger LOGGER = LoggerFactory.getLogger(RaftWriter.class);

    /** An entry takes no further command when it is this large. */
    private static final int ENTRY_BYTES = 1 << 20;

    private static final long MAX_WAITING_BYTES = 32L << 20;
    private static final long RETRY_MILLIS = 10;
    /** How long one node is waited for before the leader is looked for again. */
    private static final long ATTEMPT_MILLIS = 1_500;

    private final RaftServer server;
    private final RaftGroup group;
    private final RaftClientRpc remote;
    private final Duration timeout;
    private final ClientId clientId = ClientId.randomId();
    /** Tells the entries of this writer from those of others, and from each other, wherever they are applied. */
    private final UUID writerId = UUID.randomUUID();

    private long lastSequence;
    private final Thread thread;
    private volatile LongConsumer onWritten = nanos -> {};

    /** Guards what is below. */
    private final Object lock = new Object();

    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private long waitingBytes;

    /** How many are about to submit several commands that belong together. */
    private int held;

    private boolean closed;

    private volatile List<RaftPeer> peers;

    /** Whom to ask next when this node's own replica has failed. */
    private RaftPeerId guess;

    private record Waiting(byte[] command, long deadlineNanos, CompletableFuture<byte[]> result) {}

    RaftWriter(String name, RaftServer server, RaftGroup group, RaftClientRpc remote, Duration timeout) {
        this.server = server;
        this.group = group;
        this.remote = remote;
        this.timeout = timeout;
        this.guess = server.getId();
        this.peers = List.copyOf(group.getPeers());
        this.thread = new Thread(this::run, "varve-raft-writer-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    /** From now on these have the replicas of the group. */
    void know(List<RaftPeer> members) {
        remote.addRaftPeers(members);
        peers = List.copyOf(members);
    }

    /**
     * Has a command applied by all replicas. Any thread; does not block.
     *
     * @return the result, once a majority has the command on its disks and this node's leader applied it; fails with
     *     {@link ClusterException}
     */
    CompletionStage<byte[]> submit(byte[] command) {
        CompletableFuture<byte[]> result = new CompletableFuture<>();
        synchronized (lock) {
            if (closed) {
                return CompletableFuture.failedFuture(
                        new ClusterException(new ClusterError.Unavailable("the node is stopping")));
            }
            if (waitingBytes > MAX_WAITING_BYTES) {
                return CompletableFuture.failedFuture(new ClusterException(new ClusterError.Overloaded(
                        waitingBytes + " bytes wait for the group already. Ask again a little later")));
            }
            waiting.add(new Waiting(command, System.nanoTime() + timeout.toNanos(), result));
            waitingBytes += command.length;
            if (held == 0) {
                lock.notifyAll();
            }
        }
        return result;
    }

    /** From now on is told how long each entry took that was applied. */
    void onWritten(LongConsumer listener) {
        onWritten = listener;
    }

    /** How many commands wait for their entry. */
    int waitingCommands() {
        synchronized (lock) {
            return waiting.size();
        }
    }

    /** How many bytes they have. */
    long waitingBytes() {
        synchronized (lock) {
            return waitingBytes;
        }
    }

    /** Begins no entry before {@link #release}: what is submitted in between shares one, as far as it fits. */
    void hold() {
        synchronized (lock) {
            held++;
        }
    }

    /** Ends what {@link #hold} began. */
    void release() {
        synchronized (lock) {
            held--;
            if (held == 0 && !waiting.isEmpty()) {
                lock.notifyAll();
            }
        }
    }

    private void run() {
        while (true) {
            List<Waiting> entry = next();
            if (entry.isEmpty()) {
                return;
            }
            try {
                long began = System.nanoTime();
                RaftEntry sent = new RaftEntry(
                        writerId,
                        ++lastSequence,
                        entry.stream().map(Waiting::command).toList());
                List<byte[]> results =
                        Parcel.unpack(send(sent.encode(), entry.get(0).deadlineNanos()));
                if (results.isEmpty()) {
                    throw settledBefore();
                }
                onWritten.accept(System.nanoTime() - began);
                for (int i = 0; i < entry.size(); i++) {
                    entry.get(i).result().complete(results.get(i));
                }
            } catch (RuntimeException | Error e) {
                // Whatever it was, the next entry is another one, and whoever waits must hear of it.
                ClusterException failure = e instanceof ClusterException known ? known : unforeseen(e);
                entry.forEach(each -> each.result().completeExceptionally(failure));
            }
        }
    }

    private static ClusterException settledBefore() {
        return new ClusterException(
                new ClusterError.OutcomeUnknown("the group has had this before, and does not know any"
                        + " more what became of it. It was not done a second time"));
    }

    private static ClusterException unforeseen(Throwable e) {
        LOGGER.error("Nobody foresaw this; what became of an entry is not known", e);
        return new ClusterException(new ClusterError.OutcomeUnknown(
                "something unforeseen happened, and whether it was done is not known: " + e));
    }

    /** Waits for commands; none when closed. */
    private List<Waiting> next() {
        List<Waiting> entry = new ArrayList<>();
        synchronized (lock) {
            while ((waiting.isEmpty() || held > 0) && !closed) {
                waitForChange(0);
            }
            if (closed) {
                ClusterException stopping = new ClusterException(new ClusterError.Unavailable("the node is stopping"));
                waiting.forEach(each -> each.result().completeExceptionally(stopping));
                waiting.clear();
                return entry;
            }
            long bytes = 0;
            while (!waiting.isEmpty()
                    && entry.size() < Parcel.MAX_ITEMS
                    && (entry.isEmpty() || bytes + waiting.peek().command().length <= ENTRY_BYTES)) {
                Waiting each = waiting.remove();
                bytes += each.command().length;
                entry.add(each);
            }
            waitingBytes -= bytes;
        }
        return entry;
    }

    private void waitForChange(long millis) {
        try {
            lock.wait(millis);
        } catch (InterruptedException e) {
            // Nobody interrupts this thread but a JVM that ends.
            closed = true;
        }
    }

    private byte[] send(byte[] entry, long deadlineNanos) {
        RaftClientRequest.Builder request = RaftClientRequest.newBuilder()
                .setClientId(clientId)
                .setGroupId(group.getGroupId())
                .setCallId(CallId.getAndIncrement())
                .setMessage(Message.valueOf(UnsafeByteOperations.unsafeWrap(entry)))
                .setType(RaftClientRequest.writeRequestType());
        boolean mayBeThere = false;
        Object lastReason = "there is no leader";
        while (true) {
            Optional<RaftPeerId> leader = leader();
            if (leader.isPresent()) {
                try {
                    RaftClientReply reply = sendTo(leader.get(), request);
                    if (reply.isSuccess()) {
                        return reply.getMessage().getContent().toByteArray();
                    }
                    lastReason = reply.getException();
                    mayBeThere |= !wasTurnedAway(reply);
                    learn(reply.getNotLeaderException());
                } catch (IOException e) {
                    lastReason = e;
                    mayBeThere = true;
                    learn(null);
                }
            }
            if (System.nanoTime() - deadlineNanos > 0 || !pause()) {
                throw failure(mayBeThere, lastReason);
            }
        }
    }

    /** Whether the entry is certainly not in the log of who answered. */
    private static boolean wasTurnedAway(RaftClientReply reply) {
        LeaderNotReadyException notReady = reply.getLeaderNotReadyException();
        return notReady != null
                || reply.getException() instanceof ResourceUnavailableException
                || reply.getException() instanceof LeaderSteppingDownException;
    }

    private ClusterException failure(boolean mayBeThere, Object lastReason) {
        if (mayBeThere) {
            return new ClusterException(new ClusterError.OutcomeUnknown("no majority of the replicas confirmed within "
                    + timeout.toMillis() + " ms, the last answer being: " + lastReason
                    + ". Whether it was done will be known when a majority is there again"));
        }
        return new ClusterException(new ClusterError.NotEnoughReplicas("no majority of the replicas was there within "
                + timeout.toMillis() + " ms: " + lastReason
                + ". Nothing was changed; ask again when more nodes are there"));
    }

    /** Whether to go on. */
    private boolean pause() {
        synchronized (lock) {
            if (!closed) {
                waitForRetry();
            }
            return !closed;
        }
    }

    private void waitForRetry() {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RETRY_MILLIS);
        long left = RETRY_MILLIS;
        // What is submitted meanwhile wakes this thread, and is no reason to try sooner.
        while (left > 0 && !closed) {
            waitForChange(left);
            left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
        }
    }

    private Optional<RaftPeerId> leader() {
        Optional<DivisionInfo> info = RaftGroupOnNode.info(server, group);
        return info.isPresent() ? RaftGroupOnNode.leader(server, info.get()) : Optional.of(guess);
    }

    /** Finds out about the leader without a replica of one's own that would know. */
    private void learn(NotLeaderException answer) {
        if (answer != null && answer.getSuggestedLeader() != null) {
            guess = answer.getSuggestedLeader().getId();
        } else {
            List<RaftPeerId> ids = peers.stream().map(RaftPeer::getId).toList();
            guess = ids.get((ids.indexOf(guess) + 1) % ids.size());
        }
    }

    private RaftClientReply sendTo(RaftPeerId node, RaftClientRequest.Builder request) throws IOException {
        request.setServerId(node).setTimeoutMs(ATTEMPT_MILLIS);
        if (!node.equals(server.getId())) {
            try {
                return remote.sendRequest(request.build());
            } catch (IOException e) {
                remote.handleException(node, e, true);
                throw e;
            }
        }
        try {
            return server.submitClientRequestAsync(request.build()).get(ATTEMPT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("this node, as leader, did not bring it about: " + e, e);
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        }
    }

    /** From now on refuses all but the entry that is under way, and does not wait for that; {@link #close} does. */
    void refuse() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
    }

    /** Lets the entry that is under way come to its end, and refuses the rest. */
    @Override
    public void close() {
        refuse();
        try {
            thread.join(timeout.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
