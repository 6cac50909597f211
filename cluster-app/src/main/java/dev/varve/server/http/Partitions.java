package dev.varve.server.http;

import dev.varve.cluster.ClusterError;
import dev.varve.cluster.ClusterException;
import dev.varve.cluster.TopicAppend;
import dev.varve.cluster.TopicService;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Description;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.partition.PartitionActor.Tail;
import dev.varve.partition.PartitionError;
import dev.varve.partition.PartitionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.scaladsl.AskPattern;
import org.apache.pekko.util.Timeout;

/** Asks partitions; what they refuse is the failure of the stage. Any thread. */
final class Partitions {
    private final TopicService topics;
    private final ActorSystem<?> system;
    private final Duration timeout;

    Partitions(TopicService topics, ActorSystem<?> system, Duration timeout) {
        this.topics = topics;
        this.system = system;
        this.timeout = timeout;
    }

    /**
     * Appends a batch.
     *
     * @param producer who sends it, if it may be sent again
     */
    CompletionStage<Appended> append(
            String topic, int partition, List<NewRecord> records, Optional<Producer> producer) {
        return append(List.of(new TopicAppend(topic, partition, records, producer)))
                .get(0);
    }

    /** Appends batches; gives what becomes of each, in the same order. */
    List<CompletionStage<Appended>> append(List<TopicAppend> appends) {
        List<CompletionStage<PartitionActor.AppendReply>> replies = topics.append(appends);
        List<CompletionStage<Appended>> appended = new ArrayList<>(appends.size());
        for (int i = 0; i < appends.size(); i++) {
            String topic = appends.get(i).topic();
            appended.add(replies.get(i)
                    .toCompletableFuture()
                    .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                    .handle((reply, failure) -> appended(topic, reply, failure)));
        }
        return appended;
    }

    private Appended appended(String topic, PartitionActor.AppendReply reply, Throwable failure) {
        if (failure != null) {
            throw unknownOutcome(failure);
        } else if (reply instanceof Appended appended) {
            return appended;
        } else if (reply instanceof PartitionActor.NotStored refused) {
            throw refusal(topic, refused.error());
        }
        PartitionActor.OutcomeUnknown unknown = (PartitionActor.OutcomeUnknown) reply;
        throw new ProblemException(Problem.unavailable(Problem.OUTCOME_UNKNOWN, unknown.message()));
    }

    /** A partition says of a topic that is not there that it is not there itself; to others that is another code. */
    private RuntimeException refusal(String topic, PartitionError error) {
        boolean isTopicMissing = error instanceof PartitionError.NoSuchPartition
                && topics.known().stream().noneMatch(known -> known.name().equals(topic));
        return isTopicMissing
                ? new ClusterException(new ClusterError.NoSuchTopic(topic))
                : new PartitionException(error);
    }

    private static ProblemException unknownOutcome(Throwable failure) {
        return failure instanceof TimeoutException
                ? new ProblemException(Problem.unavailable(
                        Problem.OUTCOME_UNKNOWN,
                        "no answer came in time: the records may or may not be stored; a producer that names itself may send"
                                + " them again"))
                : new ProblemException(Problems.of(failure));
    }

    /** Reads; waits for a record if there is none yet. */
    CompletionStage<Records> read(String topic, int partition, long from, int maxBytes, Duration wait) {
        return ask(
                        topic,
                        partition,
                        timeout.plus(wait),
                        (ActorRef<PartitionActor.ReadReply> replyTo) ->
                                new PartitionActor.Read(from, maxBytes, wait, replyTo))
                .thenApply(reply -> {
                    if (reply instanceof PartitionActor.ReadFailed failed) {
                        throw refusal(topic, failed.error());
                    }
                    return (Records) reply;
                });
    }

    /** The bounds of a partition now. */
    CompletionStage<Tail> bounds(String topic, int partition) {
        return ask(
                        topic,
                        partition,
                        timeout,
                        (ActorRef<PartitionActor.TailReply> replyTo) -> new PartitionActor.Subscribe(-1, replyTo))
                .thenApply(reply -> {
                    if (reply instanceof PartitionActor.Failure failure) {
                        throw refusal(topic, failure.error());
                    }
                    return (Tail) reply;
                });
    }

    CompletionStage<OptionalLong> offsetFor(String topic, int partition, long timestamp) {
        return ask(
                        topic,
                        partition,
                        timeout,
                        (ActorRef<PartitionActor.OffsetReply> replyTo) ->
                                new PartitionActor.OffsetForTimestamp(timestamp, replyTo))
                .thenApply(reply -> {
                    if (reply instanceof PartitionActor.Failure failure) {
                        throw refusal(topic, failure.error());
                    }
                    return ((PartitionActor.OffsetFound) reply).offset();
                });
    }

    /** What a partition says of itself. */
    CompletionStage<Description> describe(String topic, int partition, Duration patience) {
        return ask(topic, partition, patience, PartitionActor.Describe::new);
    }

    /** How long it may take for its answer. */
    Duration timeout() {
        return timeout;
    }

    RecipientRef<PartitionActor.Command> ref(String topic, int partition) {
        return topics.partition(topic, partition);
    }

    private <R> CompletionStage<R> ask(
            String topic, int partition, Duration patience, Function<ActorRef<R>, PartitionActor.Command> question) {
        try {
            return DirectStage.of(new AskPattern.Askable<>(topics.partition(topic, partition))
                    .<R>ask(question::apply, Timeout.create(patience), system.scheduler()));
        } catch (RuntimeException e) {
            return CompletableFuture.failedStage(e);
        }
    }
}
