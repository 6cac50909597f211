package dev.varve.cluster;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
 * <p>An entry whose fate is not known is sent again under the same number, to the next leader too, which tells what it has already.
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
    private final Thread thread;

    /** Guards what is below. */
    private final Object lock = new Object();

    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private boolean closed;

    /** Whom to ask next when this node's own replica has failed. */
    private RaftPeerId guess;

    private record Waiting(byte[] command, long deadlineNanos, CompletableFuture<byte[]> result) {}

    RaftWriter(String name, RaftServer server, RaftGroup group, RaftClientRpc remote, Duration timeout) {
        this.server = server;
        this.group = group;
        this.remote = remote;
        this.timeout = timeout;
        this.guess = server.getId();
        this.thread = new Thread(this::run, "varve-raft-writer-" + name);
        thread.setDaemon(true);
        thread.start();
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
            lock.notifyAll();
        }
        return result;
    }

    private void run() {
        while (true) {
            List<Waiting> entry = next();
            if (entry.isEmpty()) {
                return;
            }
            try {
                List<byte[]> results = Parcel.unpack(send(
                        Parcel.pack(entry.stream().map(Waiting::command).toList()),
                        entry.get(0).deadlineNanos()));
                for (int i = 0; i < entry.size(); i++) {
                    entry.get(i).result().complete(results.get(i));
                }
            } catch (RuntimeException e) {
                ClusterException failure = e instanceof ClusterException known ? known : unforeseen(e);
                entry.forEach(each -> each.result().completeExceptionally(failure));
            }
        }
    }

    private static ClusterException unforeseen(RuntimeException e) {
        LOGGER.error("Nobody foresaw this; what became of an entry is not known", e);
        return new ClusterException(new ClusterError.OutcomeUnknown(
                "something unforeseen happened, and whether it was done is not known: " + e));
    }

    /** Waits for commands; none when closed. */
    private List<Waiting> next() {
        List<Waiting> entry = new ArrayList<>();
        synchronized (lock) {
            while (waiting.isEmpty() && !closed) {
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
            List<RaftPeerId> peers =
                    group.getPeers().stream().map(RaftPeer::getId).toList();
            guess = peers.get((peers.indexOf(guess) + 1) % peers.size());
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

    /** Lets the entry that is under way come to its end, and refuses the rest. */
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
        try {
            thread.join(timeout.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
