package dev.varve.cluster;

import dev.varve.log.PartitionLog;
import dev.varve.partition.LogReader;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Failure;
import dev.varve.partition.PartitionActor.KeyReadReply;
import dev.varve.partition.PartitionActor.ListKeys;
import dev.varve.partition.PartitionActor.LookUpKey;
import dev.varve.partition.PartitionActor.ReadKey;
import dev.varve.partition.PartitionActor.SubscribeToKey;
import dev.varve.partition.PartitionError;
import dev.varve.partition.Refusal;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * What a partition answers on this node about keys. A look knows of everything that was committed before, for who recovers from it must not miss
 * any; one that goes on as well as one that begins, for it may have begun in a replica that has more. Looks that come together ask the leader once.
 */
final class KeyRequests {
    private final PartitionRequests requests;

    KeyRequests(PartitionRequests requests) {
        this.requests = requests;
    }

    /** Carries out a command that has to do with keys; false if it has not. */
    boolean handle(Command command) {
        if (command instanceof PartitionActor.DeleteKey delete) {
            long now = System.currentTimeMillis();
            requests.append(
                    id -> new GroupCommand.DeleteKey(id, delete.key(), delete.toSequence(), now),
                    delete.replyTo()::tell);
        } else if (command instanceof PartitionActor.ForgetKey forget) {
            long now = System.currentTimeMillis();
            requests.append(id -> new GroupCommand.ForgetKey(id, forget.key(), now), forget.replyTo()::tell);
        } else if (command instanceof LookUpKey lookUp) {
            requests.onLatest(command, replica -> lookUp.replyTo()
                    .tell(look(replica, log -> LogReader.lookUp(log, lookUp.key()))));
        } else if (command instanceof ReadKey read) {
            requests.onLatest(command, replica -> read.replyTo().tell(read(replica, read)));
        } else if (command instanceof ListKeys list) {
            requests.onLatest(command, replica -> list(replica, list));
        } else if (command instanceof SubscribeToKey subscribe) {
            subscribe(subscribe);
        } else {
            return false;
        }
        return true;
    }

    private static KeyReadReply read(Replica replica, ReadKey read) {
        int maxBytes = Math.min(read.maxBytes(), PartitionRequests.MAX_READ_BYTES);
        return look(replica, log -> LogReader.readKey(log, read, maxBytes));
    }

    private static void list(Replica replica, ListKeys list) {
        list.replyTo().tell(look(replica, log -> LogReader.listKeys(log, list)));
    }

    /** Looks; again if the log was just opened anew, with other settings. */
    private static <R> R look(Replica replica, Function<PartitionLog, R> look) {
        while (true) {
            PartitionLog log = replica.log();
            R reply = look.apply(log);
            boolean isClosed = reply instanceof Failure failure && failure.error() instanceof PartitionError.Stopped;
            if (!isClosed || replica.log() == log) {
                return reply;
            }
        }
    }

    /**
     * Takes effect before whatever is asked next, so that nothing is stored between this and a read without being told of. Where the
     * replica must be looked for first, that is not so, and the subscriber is told at once to look again.
     */
    private void subscribe(SubscribeToKey subscribe) {
        CompletableFuture<Replica> found = requests.replica().toCompletableFuture();
        boolean isLate = !found.isDone();
        found.thenAccept(replica -> subscribe(replica, subscribe, isLate))
                .whenComplete(PartitionRequests.refusing(subscribe));
    }

    private void subscribe(Replica replica, SubscribeToKey subscribe, boolean isLate) {
        if (replica.settings().compaction() == TopicCompaction.OFF) {
            Refusal.refuse(
                    subscribe,
                    new PartitionError.Invalid("records are found by their keys only in a topic that is compacted"));
            return;
        }
        CompletableFuture<Boolean> stored = replica.tails().keys().await(subscribe.key());
        requests.subscribe(subscribe.replyTo(), replica, stored);
        if (isLate) {
            stored.complete(true);
        }
    }
}
