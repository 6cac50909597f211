package dev.varve.partition;

import dev.varve.log.PartitionLog;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Subscribe;
import dev.varve.partition.PartitionActor.Tail;
import dev.varve.partition.PartitionActor.TailReply;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/** Who is to be told when the tail has moved, once each. For the actor alone. */
final class Subscribers {
    private final ActorContext<Command> context;
    private final Map<ActorRef<TailReply>, Subscribe> byActor = new LinkedHashMap<>();

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
        if (byActor.size() >= max) {
            return false;
        }
        byActor.put(subscribe.replyTo(), subscribe);
        context.watchWith(subscribe.replyTo(), new Open.SubscriberEnded(subscribe.replyTo()));
        return true;
    }

    void remove(ActorRef<TailReply> subscriber) {
        if (byActor.remove(subscriber) != null) {
            context.unwatch(subscriber);
        }
    }

    /** Tells those who do not know of the log end offset yet. */
    void tell(PartitionLog log) {
        for (Subscribe subscribe : List.copyOf(byActor.values())) {
            if (log.logEndOffset() > subscribe.knownEndOffset()) {
                remove(subscribe.replyTo());
                subscribe.replyTo().tell(tail(log));
            }
        }
    }

    void refuseAll(PartitionError error) {
        for (Subscribe subscribe : List.copyOf(byActor.values())) {
            remove(subscribe.replyTo());
            Refusal.refuse(subscribe, error);
        }
    }

    private static Tail tail(PartitionLog log) {
        return new Tail(log.logStartOffset(), log.logEndOffset(), log.durableOffset());
    }
}
