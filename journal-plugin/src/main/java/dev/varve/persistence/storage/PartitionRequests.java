package dev.varve.persistence.storage;

import dev.varve.log.KeyState;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.DeleteKey;
import dev.varve.partition.PartitionActor.Failure;
import dev.varve.partition.PartitionActor.ForgetKey;
import dev.varve.partition.PartitionActor.KeyFound;
import dev.varve.partition.PartitionActor.KeyReadReply;
import dev.varve.partition.PartitionActor.KeyRecords;
import dev.varve.partition.PartitionActor.KeyReply;
import dev.varve.partition.PartitionActor.Keys;
import dev.varve.partition.PartitionActor.KeysReply;
import dev.varve.partition.PartitionActor.ListKeys;
import dev.varve.partition.PartitionActor.LookUpKey;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionActor.OffsetForTimestamp;
import dev.varve.partition.PartitionActor.OffsetFound;
import dev.varve.partition.PartitionActor.OffsetReply;
import dev.varve.partition.PartitionActor.OutcomeUnknown;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadFailed;
import dev.varve.partition.PartitionActor.ReadKey;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.partition.PartitionActor.Subscribe;
import dev.varve.partition.PartitionActor.Tail;
import dev.varve.partition.PartitionActor.TailReply;
import dev.varve.partition.PartitionError;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Scheduler;
import org.apache.pekko.actor.typed.scaladsl.AskPattern;
import org.apache.pekko.util.Timeout;
import scala.concurrent.ExecutionContext;

/**
 * Asks partitions, and turns answers that say no into {@link StorageException}s. Stages are completed by the partition's thread: whoever
 * has work to do with the result does it elsewhere.
 */
public final class PartitionRequests {
    /** After this long a stream asks again what was not answered because too many ask. */
    public static final Duration RETRY_DELAY = Duration.ofMillis(100);

    private final Partitions partitions;
    private final Scheduler scheduler;
    private final Timeout timeout;

    /** @param timeout how long to wait for an answer */
    public PartitionRequests(Partitions partitions, Scheduler scheduler, Duration timeout) {
        this.partitions = partitions;
        this.scheduler = scheduler;
        this.timeout = Timeout.create(timeout);
    }

    public Partitions partitions() {
        return partitions;
    }

    private <R> CompletionStage<R> ask(int partition, Function<ActorRef<R>, Command> command) {
        CompletableFuture<R> answer = new CompletableFuture<>();
        // Not Pekko's ask for Java: its stages do each step elsewhere, which on two processors means on a thread made
        // for that step.
        new AskPattern.Askable<>(partitions.partition(partition))
                .<R>ask(command::apply, timeout, scheduler)
                .onComplete(
                        result -> result.isSuccess()
                                ? answer.complete(result.get())
                                : answer.completeExceptionally(result.failed().get()),
                        ExecutionContext.parasitic$.MODULE$);
        return answer;
    }

    /** What a partition knows of a key. */
    public CompletionStage<KeyState> lookUp(int partition, byte[] key) {
        return this.<KeyReply>ask(partition, replyTo -> new LookUpKey(key, replyTo))
                .thenApply(reply -> ((KeyFound) orThrow(reply)).state());
    }

    /**
     * As {@link #lookUp(int, byte[])}, asked again after a while when the partition says that it is overloaded or no answer comes in time,
     * for a stream that goes on when that has passed.
     *
     * @param isWanted asked before each further time; once it is false the last failure is the answer
     */
    public CompletionStage<KeyState> lookUp(int partition, byte[] key, BooleanSupplier isWanted) {
        return lookUp(partition, key).exceptionallyCompose(thrown -> {
            if (!isPassing(thrown) || !isWanted.getAsBoolean()) {
                return CompletableFuture.failedStage(thrown);
            }
            CompletableFuture<KeyState> answer = new CompletableFuture<>();
            scheduler.scheduleOnce(
                    RETRY_DELAY,
                    () -> lookUp(partition, key, isWanted).whenComplete((state, failure) -> {
                        if (failure == null) {
                            answer.complete(state);
                        } else {
                            answer.completeExceptionally(failure);
                        }
                    }),
                    ExecutionContext.parasitic$.MODULE$);
            return answer;
        });
    }

    /** Whether a question that failed so may be answered when it is asked again in a while. */
    public static boolean isPassing(Throwable thrown) {
        Throwable failure = Stages.cause(thrown);
        return failure instanceof TimeoutException
                || failure instanceof StorageException refusal && refusal.error() instanceof PartitionError.Overloaded;
    }

    /** Reads records of a key; see {@link ReadKey}. */
    public CompletionStage<KeyRecords> readKey(
            int partition, byte[] key, long fromSequence, long fromOffset, int maxBytes) {
        return this.<KeyReadReply>ask(
                        partition, replyTo -> new ReadKey(key, fromSequence, fromOffset, maxBytes, replyTo))
                .thenApply(reply -> (KeyRecords) orThrow(reply));
    }

    /** Lists keys; see {@link ListKeys}. */
    public CompletionStage<List<byte[]>> keysAfter(int partition, Optional<byte[]> after, int limit) {
        return this.<KeysReply>ask(partition, replyTo -> new ListKeys(after, limit, replyTo))
                .thenApply(reply -> ((Keys) orThrow(reply)).keys());
    }

    /** Reads records in the order of the log; see {@link Read}. Does not wait at the tail. */
    public CompletionStage<Records> read(int partition, long offset, int maxBytes) {
        return this.<ReadReply>ask(partition, replyTo -> new Read(offset, maxBytes, Duration.ZERO, replyTo))
                .thenApply(reply -> {
                    if (reply instanceof ReadFailed failed) {
                        throw new StorageException(failed.error());
                    }
                    return (Records) reply;
                });
    }

    /** The first offset whose record has a timestamp at or after this one; see {@link OffsetForTimestamp}. */
    public CompletionStage<OptionalLong> offsetForTimestamp(int partition, long timestamp) {
        return this.<OffsetReply>ask(partition, replyTo -> new OffsetForTimestamp(timestamp, replyTo))
                .thenApply(reply -> ((OffsetFound) orThrow(reply)).offset());
    }

    /** The bounds of a partition now. */
    public CompletionStage<Tail> tail(int partition) {
        return this.<TailReply>ask(partition, replyTo -> new Subscribe(-1, replyTo))
                .thenApply(reply -> (Tail) orThrow(reply));
    }

    /** Deletes the records of a key up to a sequence, durably; see {@link DeleteKey}. */
    public CompletionStage<Void> delete(int partition, byte[] key, long toSequence, long highestSequence) {
        return this.<AppendReply>ask(partition, replyTo -> new DeleteKey(key, toSequence, highestSequence, replyTo))
                .thenApply(PartitionRequests::requireStored);
    }

    /** Forgets a key, durably. */
    public CompletionStage<Void> forget(int partition, byte[] key) {
        return this.<AppendReply>ask(partition, replyTo -> new ForgetKey(key, replyTo))
                .thenApply(PartitionRequests::requireStored);
    }

    private static <R> R orThrow(R reply) {
        if (reply instanceof Failure failure) {
            throw new StorageException(failure.error());
        }
        return reply;
    }

    private static Void requireStored(AppendReply reply) {
        Optional<PartitionError> error = errorOf(reply);
        if (error.isPresent()) {
            throw new StorageException(error.get());
        }
        return null;
    }

    /** What is wrong with an append; empty if nothing is. */
    public static Optional<PartitionError> errorOf(AppendReply reply) {
        if (reply instanceof Appended) {
            return Optional.empty();
        } else if (reply instanceof NotStored refused) {
            return Optional.of(refused.error());
        }
        return Optional.of(new PartitionError.OutcomeUnknown(((OutcomeUnknown) reply).message()));
    }
}
