package dev.varve.cluster;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.RaftServer;

/** Waits until this node's replica of a group has applied what was committed before. Any thread; never blocks. */
final class RaftReads {
    private static final long RETRY_MILLIS = 20;

    private final RaftServer server;
    private final RaftGroupId group;
    private final Duration timeout;
    private final Executor executor;
    private final ClientId clientId = ClientId.randomId();

    private final Object lock = new Object();
    /** The question that is to be asked next; null if nobody wants to know. */
    private Shared next;

    private boolean isAsking;

    /** @param executor where answers are given, and the next question is asked */
    RaftReads(RaftServer server, RaftGroupId group, Duration timeout, Executor executor) {
        this.executor = executor;
        this.server = server;
        this.group = group;
        this.timeout = timeout;
    }

    /** A question that all share who came before it was asked. */
    private record Shared(long deadlineNanos, CompletableFuture<Void> answer) {}

    /**
     * Completes when everything that was committed before this call is applied here, whichever node leads. Asks the leader for it, who asks a
     * majority whether it leads still. One question is on its way at a time; those who come meanwhile share the next one, so that a
     * thousand who recover at once do not ask a thousand times.
     *
     * @return fails with {@link ClusterError.NotEnoughReplicas} if that cannot be found out in time
     */
    CompletionStage<Void> awaitLatest() {
        Shared shared;
        synchronized (lock) {
            if (next == null) {
                next = new Shared(System.nanoTime() + timeout.toNanos(), new CompletableFuture<>());
            }
            shared = next;
            if (isAsking) {
                return shared.answer();
            }
            isAsking = true;
            next = null;
        }
        ask(shared);
        return shared.answer();
    }

    /** Ratis answers on the thread that applies entries, and has who asks it on that thread wait for it for ever. */
    private void ask(Shared shared) {
        tryUntil(shared.deadlineNanos()).whenCompleteAsync((done, failure) -> answered(shared, failure), executor);
    }

    private void answered(Shared shared, Throwable failure) {
        Shared after;
        synchronized (lock) {
            after = next;
            next = null;
            isAsking = after != null;
        }
        if (after != null) {
            ask(after);
        }
        if (failure == null) {
            shared.answer().complete(null);
        } else {
            shared.answer().completeExceptionally(failure);
        }
    }

    private CompletableFuture<Void> tryUntil(long deadlineNanos) {
        return ask(deadlineNanos)
                .handle((reply, failure) -> {
                    if (failure == null && reply.isSuccess()) {
                        return CompletableFuture.<Void>completedFuture(null);
                    }
                    if (System.nanoTime() - deadlineNanos > 0) {
                        return CompletableFuture.<Void>failedFuture(notEnough(failure, reply));
                    }
                    Executor later = CompletableFuture.delayedExecutor(RETRY_MILLIS, TimeUnit.MILLISECONDS);
                    return CompletableFuture.supplyAsync(() -> null, later)
                            .thenCompose(ignored -> tryUntil(deadlineNanos));
                })
                .thenCompose(outcome -> outcome);
    }

    private CompletableFuture<RaftClientReply> ask(long deadlineNanos) {
        try {
            long left = Math.max(1, deadlineNanos - System.nanoTime());
            return server.submitClientRequestAsync(RaftClientRequest.newBuilder()
                            .setClientId(clientId)
                            .setServerId(server.getId())
                            .setGroupId(group)
                            .setCallId(CallId.getAndIncrement())
                            .setMessage(Message.EMPTY)
                            .setType(RaftClientRequest.readRequestType())
                            .build())
                    .copy()
                    .orTimeout(left, TimeUnit.NANOSECONDS);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static ClusterException notEnough(Throwable failure, RaftClientReply reply) {
        Throwable reason = failure == null ? reply.getException() : failure;
        return new ClusterException(
                new ClusterError.NotEnoughReplicas("no majority of the replicas could be asked what is committed"
                        + words(reason) + ". What this node has can be read; ask again when more nodes are there"));
    }

    /** What Ratis says of the reason, without the names of its classes. */
    private static String words(Throwable reason) {
        Throwable cause =
                reason instanceof CompletionException && reason.getCause() != null ? reason.getCause() : reason;
        return cause == null || cause.getMessage() == null
                ? " in time"
                : ": " + cause.getMessage().replaceAll("\\.+$", "");
    }
}
