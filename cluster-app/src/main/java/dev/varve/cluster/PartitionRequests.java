package dev.varve.cluster;

import dev.varve.log.KeyCondition;
import dev.varve.log.PartitionLog;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.LogReader;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.DeleteBefore;
import dev.varve.partition.PartitionActor.Describe;
import dev.varve.partition.PartitionActor.Description;
import dev.varve.partition.PartitionActor.Flush;
import dev.varve.partition.PartitionActor.LocalAppend;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionActor.OffsetForTimestamp;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadFailed;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.partition.PartitionActor.Subscribe;
import dev.varve.partition.PartitionActor.Tail;
import dev.varve.partition.PartitionActor.TailReply;
import dev.varve.partition.PartitionError;
import dev.varve.partition.PartitionException;
import dev.varve.partition.PartitionState;
import dev.varve.partition.Refusal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * What a partition answers on this node: appends go to the leader of its group, reads to the replica that is here. Any thread; never
 * blocks, reading is done by the executor.
 */
final class PartitionRequests {
    static final int MAX_READ_BYTES = 1 << 20;
    private static final Duration MAX_READ_WAIT = Duration.ofSeconds(30);

    private final String topicName;
    private final int partition;
    private final ClusterGroups groups;
    private final Executor reading;
    private final KeyRequests keys = new KeyRequests(this);
    private final Map<ActorRef<TailReply>, CompletableFuture<Boolean>> subscriptions = new ConcurrentHashMap<>();

    PartitionRequests(String topicName, int partition, ClusterGroups groups, Executor reading) {
        this.topicName = topicName;
        this.partition = partition;
        this.groups = groups;
        this.reading = reading;
    }

    /** Whether there is such a partition, as far as this node knows. */
    boolean isKnown() {
        return known().isPresent();
    }

    private Optional<Topic> known() {
        return groups.topics()
                .state()
                .topic(topicName)
                .filter(topic -> partition >= 0 && partition < topic.partitions());
    }

    void handle(Command command) {
        if (command instanceof Append append) {
            if (append.condition().isPresent() && append.producer().isPresent()) {
                refuse(command, "an append under a condition cannot have a producer");
            } else {
                append(
                        append.records(),
                        append.expectedEpoch(),
                        append.producer().orElse(null),
                        append.condition().orElse(null),
                        append.replyTo()::tell);
            }
        } else if (command instanceof LocalAppend append) {
            append(append.records(), OptionalLong.empty(), null, append.condition(), append.reply());
        } else if (command instanceof Read read) {
            onReplica(command, replica -> read(replica, read, read.maxWait()));
        } else if (command instanceof OffsetForTimestamp wanted) {
            onLatest(command, replica -> wanted.replyTo()
                    .tell(LogReader.offsetForTimestamp(replica.log(), wanted.timestamp())));
        } else if (command instanceof Flush flush) {
            // What is committed is on the disks of a majority.
            onLatest(command, replica -> flush.replyTo()
                    .tell(new PartitionActor.Flushed(replica.log().logEndOffset())));
        } else if (command instanceof Subscribe subscribe) {
            onReplica(command, replica -> subscribe(replica, subscribe));
        } else if (command instanceof DeleteBefore delete) {
            deleteBefore(delete);
        } else if (command instanceof Describe describe) {
            describe(describe);
        } else if (!keys.handle(command)) {
            refuse(command, command.getClass().getSimpleName() + " is not for a replicated partition");
        }
    }

    private static void refuse(Command command, String why) {
        Refusal.refuse(command, new PartitionError.Invalid(why + ". Nothing was changed"));
    }

    // Finding the partition.

    /** The topic; from what this node knows, else from what was committed before. */
    private CompletionStage<Topic> topic() {
        Optional<Topic> known = known();
        return known.isPresent() ? CompletableFuture.completedFuture(known.get()) : latestTopic();
    }

    private CompletionStage<Topic> latestTopic() {
        return groups.topics().reads().awaitLatest().thenApply(done -> known().orElseThrow(this::noSuchPartition));
    }

    private PartitionException noSuchPartition() {
        return new PartitionException(new PartitionError.NoSuchPartition(groups.topics()
                .state()
                .topic(topicName)
                .map(topic -> new ClusterError.NoSuchPartition(topicName, partition, topic.partitions()).message())
                .orElseGet(() -> new ClusterError.NoSuchTopic(topicName).message())));
    }

    CompletionStage<Replica> replica() {
        return topic().thenCompose(topic -> {
            Optional<Replica> here = replica(topic);
            return here.isPresent() ? CompletableFuture.completedFuture(here.get()) : latestReplica(topic);
        });
    }

    private Optional<Replica> replica(Topic topic) {
        return groups.of(topic, partition).state().replica(topic.partition(partition));
    }

    private CompletionStage<Replica> latestReplica(Topic topic) {
        return groups.of(topic, partition).reads().awaitLatest().thenApply(done -> replica(topic)
                .orElseThrow(() -> known().filter(topic::equals).isPresent()
                        ? new PartitionException(new PartitionError.NotEnoughReplicas("partition " + partition
                                + " of topic '" + topicName + "' is being created. Ask again a little later"))
                        : noSuchPartition()));
    }

    private static PartitionError error(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof PartitionException refused) {
            return refused.error();
        } else if (cause instanceof Tails.TooManyException) {
            return new PartitionError.Overloaded(cause.getMessage());
        } else if (cause instanceof ClusterException known) {
            return error(known.error());
        }
        return new PartitionError.Failed("the partition cannot be asked: " + cause);
    }

    private static PartitionError error(ClusterError error) {
        String message = error.message();
        if (error instanceof ClusterError.NotEnoughReplicas || error instanceof ClusterError.NotLeader) {
            return new PartitionError.NotEnoughReplicas(message);
        } else if (error instanceof ClusterError.Overloaded) {
            return new PartitionError.Overloaded(message);
        } else if (error instanceof ClusterError.OutcomeUnknown) {
            return new PartitionError.OutcomeUnknown(message);
        }
        return new PartitionError.Stopped(message);
    }

    void onReplica(Command command, Consumer<Replica> action) {
        answer(command, replica(), action);
    }

    /** As {@link #onReplica}, when the replica has what was committed before. */
    void onLatest(Command command, Consumer<Replica> action) {
        answer(command, topic().thenCompose(this::latestReplica), action);
    }

    private void answer(Command command, CompletionStage<Replica> found, Consumer<Replica> action) {
        found.thenAcceptAsync(action, reading).whenComplete(refusing(command));
    }

    static BiConsumer<Object, Throwable> refusing(Command command) {
        return (done, failure) -> {
            if (failure != null) {
                Refusal.refuse(command, error(failure));
            }
        };
    }

    // What changes the partition.

    void append(List<NewRecord> records, OptionalLong epoch, Producer producer, Consumer<AppendReply> replyTo) {
        append(records, epoch, producer, null, replyTo);
    }

    private void append(
            List<NewRecord> records,
            OptionalLong epoch,
            Producer producer,
            KeyCondition condition,
            Consumer<AppendReply> replyTo) {
        append(
                id -> condition == null
                        ? new GroupCommand.Append(id, records, epoch, producer)
                        : new GroupCommand.AppendIf(id, records, epoch, condition),
                replyTo);
    }

    void append(ToCommand command, Consumer<AppendReply> replyTo) {
        submit(command)
                .thenApply(GroupResult::toAppendReply)
                .whenComplete((reply, failure) -> replyTo.accept(failure == null ? reply : notAppended(failure)));
    }

    private static AppendReply notAppended(Throwable failure) {
        PartitionError error = error(failure);
        return error instanceof PartitionError.OutcomeUnknown
                ? new PartitionActor.OutcomeUnknown(error.message())
                : new NotStored(error);
    }

    private void deleteBefore(DeleteBefore delete) {
        submit(id -> new GroupCommand.DeleteBefore(id, Math.max(0, delete.offset())))
                .thenAccept(result -> {
                    if (result instanceof GroupResult.Deleted deleted) {
                        delete.replyTo().tell(new PartitionActor.Deleted(deleted.logStartOffset()));
                    } else {
                        throw new PartitionException(((GroupResult.Refused) result).error());
                    }
                })
                .whenComplete(refusing(delete));
    }

    interface ToCommand {
        GroupCommand of(PartitionId id);
    }

    /**
     * Has a command carried out by the group. One that finds no partition is given once more, to what the topic is by then: it may be
     * another one of the same name, or one whose partitions were not all begun.
     */
    private CompletionStage<GroupResult> submit(ToCommand command) {
        return topic().thenCompose(topic -> submit(topic, command).thenCompose(result -> {
            if (result != GroupResult.NoSuchPartition.INSTANCE) {
                return CompletableFuture.completedFuture(result);
            }
            return latestTopic()
                    .thenCompose(latest ->
                            submit(latest, id -> latest.open(partition)).thenCompose(opened -> submit(latest, command)))
                    .thenApply(again -> {
                        if (again == GroupResult.NoSuchPartition.INSTANCE) {
                            throw noSuchPartition();
                        }
                        return again;
                    });
        }));
    }

    private CompletionStage<GroupResult> submit(Topic topic, ToCommand command) {
        byte[] bytes = command.of(topic.partition(partition)).encode();
        if (bytes.length > RaftOptions.MAX_COMMAND_BYTES) {
            return CompletableFuture.failedFuture(new PartitionException(new PartitionError.BatchTooLarge(
                    "a batch of " + bytes.length + " bytes, over the limit of " + RaftOptions.MAX_BATCH_BYTES
                            + " for replicated partitions; nothing was stored. Send less at a time",
                    bytes.length,
                    RaftOptions.MAX_BATCH_BYTES)));
        }
        return groups.of(topic, partition).writer().submit(bytes).thenApply(GroupResult::decode);
    }

    // What looks at it.

    private void read(Replica replica, Read read, Duration wait) {
        PartitionLog log = replica.log();
        if (read.offset() > log.logEndOffset()) {
            // Perhaps somebody was given it by a leader elsewhere.
            onLatest(read, latest -> readNow(latest, read, wait));
        } else {
            readNow(replica, read, wait);
        }
    }

    private void readNow(Replica replica, Read read, Duration wait) {
        PartitionLog log = replica.log();
        ReadReply reply =
                LogReader.read(log, read.offset(), Math.min(read.maxBytes(), MAX_READ_BYTES), read.withoutDeleted());
        boolean isNone = reply instanceof Records records
                && records.records().isEmpty()
                && records.nextOffset() == read.offset();
        Optional<String> stopped = isNone ? whyStopped() : Optional.empty();
        if (stopped.isPresent()) {
            // Nothing comes behind it here, and elsewhere there may be more already.
            read.replyTo()
                    .tell(new ReadFailed(
                            read.offset(),
                            new PartitionError.Stopped(stopped.get() + ". What it has was read; ask another node")));
        } else if (isNone && !wait.isZero() && !wait.isNegative()) {
            await(replica, read, wait);
        } else if (isOfAClosedLog(reply) && replica.log() != log) {
            // It was opened anew, with other settings.
            readNow(replica, read, wait);
        } else if (isOfAClosedLog(reply) && isReplaced(replica)) {
            // By one that was copied, or is being so.
            onReplica(read, another -> readNow(another, read, wait));
        } else {
            read.replyTo().tell(reply);
        }
    }

    private Optional<String> whyStopped() {
        return known().flatMap(topic -> groups.of(topic, partition).whyStopped());
    }

    private static boolean isOfAClosedLog(ReadReply reply) {
        return reply instanceof ReadFailed failed && failed.error() instanceof PartitionError.Stopped;
    }

    private boolean isReplaced(Replica replica) {
        return known().map(topic -> {
                    GroupState state = groups.of(topic, partition).state();
                    Optional<Replica> now = state.replica(topic.partition(partition));
                    return now.isEmpty() ? state.isSwitching() : now.get() != replica;
                })
                .orElse(false);
    }

    private void await(Replica replica, Read read, Duration wait) {
        Duration atMost = wait.compareTo(MAX_READ_WAIT) < 0 ? wait : MAX_READ_WAIT;
        replica.tails()
                .await(replica.log(), read.offset())
                .completeOnTimeout(true, atMost.toNanos(), TimeUnit.NANOSECONDS)
                .thenAcceptAsync(still -> readNow(replica, read, Duration.ZERO), reading)
                .whenComplete(refusing(read));
    }

    /** The second subscription of an actor takes the place of the first. */
    private void subscribe(Replica replica, Subscribe subscribe) {
        subscribe(subscribe.replyTo(), replica, replica.tails().await(replica.log(), subscribe.knownEndOffset()));
    }

    void subscribe(ActorRef<TailReply> subscriber, Replica replica, CompletableFuture<Boolean> moved) {
        CompletableFuture<Boolean> before = subscriptions.put(subscriber, moved);
        if (before != null) {
            before.cancel(false);
        }
        moved.whenCompleteAsync(
                (isThere, cancelled) -> {
                    if (subscriptions.remove(subscriber, moved) && cancelled == null) {
                        Replica now = known().flatMap(this::replica).orElse(replica);
                        subscriber.tell(isThere ? tail(now.log()) : gone());
                    }
                },
                reading);
    }

    /** Nobody is left to be told. */
    void forget(ActorRef<?> subscriber) {
        CompletableFuture<Boolean> left = subscriptions.remove(subscriber);
        if (left != null) {
            left.cancel(false);
        }
    }

    private TailReply gone() {
        return new PartitionActor.Failure(new PartitionError.Stopped(
                "partition " + partition + " of topic '" + topicName + "' is closed on this node, or deleted"));
    }

    private static TailReply tail(PartitionLog log) {
        long end = log.logEndOffset();
        return new Tail(log.logStartOffset(), end, end);
    }

    private void describe(Describe describe) {
        replica()
                .thenApplyAsync(this::describe, reading)
                .exceptionally(failure ->
                        new Description(PartitionState.FAILED, error(failure).message(), Optional.empty()))
                .thenAccept(describe.replyTo()::tell);
    }

    private Description describe(Replica replica) {
        Optional<String> stopped = whyStopped();
        return new Description(
                stopped.isEmpty() ? PartitionState.READY : PartitionState.FAILED,
                stopped.orElse(""),
                Optional.of(replica.log().describe()));
    }
}
