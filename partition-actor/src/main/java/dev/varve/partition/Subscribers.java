package dev.varve.partition;

import dev.varve.log.Commit;
import dev.varve.log.PartitionLog;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Subscribe;
import dev.varve.partition.PartitionActor.SubscribeToKey;
import dev.varve.partition.PartitionActor.Tail;
import dev.varve.partition.PartitionActor.TailReply;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/** Who is to be told when the tail has moved, or a record of a key was appended, once each. For the actor alone. */
final class Subscribers {
    private final ActorContext<Command> context;
    /** {@link Subscribe} or {@link SubscribeToKey}. */
    private final Map<ActorRef<TailReply>, Command> byActor = new LinkedHashMap<>();

    private final Map<ByteBuffer, Set<ActorRef<TailReply>>> byKey = new HashMap<>();
    private final Map<ActorRef<TailReply>, Subscribe> toTail = new LinkedHashMap<>();
    /** Those for whose key there are new records. */
    private final Set<ActorRef<TailReply>> due = new LinkedHashSet<>();

    Subscribers(ActorContext<Command> context) {
        this.context = context;
    }

    /** Answers a subscription at once or remembers it; false if there are too many. */
    boolean add(Subscribe subscribe, PartitionLog log, int max) {
        remove(subscribe.replyTo());
        if (log.logEndOffset() > subscribe.knownEndOffset()) {
            subscribe.replyTo().tell(tail(log));
            return true;
        }
        if (!admit(subscribe.replyTo(), subscribe, max)) {
            return false;
        }
        toTail.put(subscribe.replyTo(), subscribe);
        return true;
    }

    /** Remembers a subscription; false if there are too many. */
    boolean add(SubscribeToKey subscribe, int max) {
        remove(subscribe.replyTo());
        if (!admit(subscribe.replyTo(), subscribe, max)) {
            return false;
        }
        byKey.computeIfAbsent(ByteBuffer.wrap(subscribe.key()), key -> new LinkedHashSet<>(2))
                .add(subscribe.replyTo());
        return true;
    }

    private boolean admit(ActorRef<TailReply> subscriber, Command subscription, int max) {
        if (byActor.size() >= max) {
            return false;
        }
        byActor.put(subscriber, subscription);
        context.watchWith(subscriber, new Open.SubscriberEnded(subscriber));
        return true;
    }

    void remove(ActorRef<TailReply> subscriber) {
        Command subscription = byActor.remove(subscriber);
        if (subscription == null) {
            return;
        }
        context.unwatch(subscriber);
        toTail.remove(subscriber);
        due.remove(subscriber);
        if (subscription instanceof SubscribeToKey toKey) {
            byKey.computeIfPresent(ByteBuffer.wrap(toKey.key()), (key, subscribers) -> {
                subscribers.remove(subscriber);
                return subscribers.isEmpty() ? null : subscribers;
            });
        }
    }

    /** A commit was written: whoever waits for one of its keys is to be told. */
    void stored(Commit commit) {
        if (!byKey.isEmpty()) {
            commit.forEachStoredKey(key -> {
                Set<ActorRef<TailReply>> subscribers = byKey.get(ByteBuffer.wrap(key));
                if (subscribers != null) {
                    due.addAll(subscribers);
                }
            });
        }
    }

    /** Whether there is anybody whose key has new records. */
    boolean areDue() {
        return !due.isEmpty();
    }

    /** Tells those whose key has new records, and those who do not know of the log end offset yet. */
    void tell(PartitionLog log) {
        List<ActorRef<TailReply>> told = new ArrayList<>(due);
        toTail.forEach((subscriber, subscribe) -> {
            if (log.logEndOffset() > subscribe.knownEndOffset()) {
                told.add(subscriber);
            }
        });
        for (ActorRef<TailReply> subscriber : told) {
            remove(subscriber);
            subscriber.tell(tail(log));
        }
    }

    void refuseAll(PartitionError error) {
        for (Command subscription : List.copyOf(byActor.values())) {
            Refusal.refuse(subscription, error);
        }
        List.copyOf(byActor.keySet()).forEach(this::remove);
    }

    private static Tail tail(PartitionLog log) {
        return new Tail(log.logStartOffset(), log.logEndOffset(), log.durableOffset());
    }
}
