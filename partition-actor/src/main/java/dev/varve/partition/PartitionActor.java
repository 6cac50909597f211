package dev.varve.partition;

import dev.varve.log.KeyCondition;
import dev.varve.log.KeyState;
import dev.varve.log.LogDescription;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The actor that owns one log. It serialises whatever changes the log and lets reads run beside that; it never blocks: the
 * disk works on dispatchers of its own, see {@link IoExecutors}. While one commit is written and synced the next one fills,
 * so that all who wait share one sync, and nobody waits longer when nobody else is there.
 *
 * <p>Every request is answered, errors included, unless the actor is stopped from outside while it is under way; a request to a
 * partition elsewhere may be lost on the way, or its answer. Requests of one sender are taken in order: a flush covers the
 * appends before it.
 *
 * <p>The actor begins by opening the log ({@link PartitionState#RECOVERING}); requests that come meanwhile wait, up to a limit. A
 * log that is locked is tried again for a while, for its last owner may be about to close it. When the log cannot be opened, or
 * fails, the actor stays, {@link PartitionState#FAILED}, and says why to all who ask; stop it and start a fresh one to open the
 * log again. An exception that nobody foresaw stops the actor, never silently restarts it.
 */
public final class PartitionActor {
    private PartitionActor() {}

    /** A behavior that opens and owns the log of these settings, on the dispatchers of the actor system's configuration. */
    public static Behavior<Command> create(PartitionSettings settings) {
        return Behaviors.setup(context -> create(settings, IoExecutors.of(context.getSystem())));
    }

    /** As {@link #create(PartitionSettings)}, with the disk's work done by these executors: for tests, mostly. */
    public static Behavior<Command> create(PartitionSettings settings, IoExecutors executors) {
        Objects.requireNonNull(settings, "settings");
        Objects.requireNonNull(executors, "executors");
        return Behaviors.supervise(Opening.create(settings, executors)).onFailure(SupervisorStrategy.stop());
    }

    /** What a partition can be asked. */
    public sealed interface Command extends WireMessage {}

    /**
     * Appends a batch, all of it or nothing; once, however often it is sent, if it names its producer.
     *
     * @param records one or more; not copied, so their bytes must not change until the answer is there
     * @param expectedEpoch if given, the epoch that the log must have: an owner that was replaced is refused
     * @param replyTo is told {@link Appended}, {@link NotStored} or {@link OutcomeUnknown}, once
     * @param producer if given, who sends the batch and where it belongs among the batches of that producer, so that it may be sent
     *     again, just as it was, when no answer came or one that leaves its fate open: see
     *     {@link dev.varve.log.Commit#stage(List, Producer)}
     * @param condition if given, what must be so for the batch to be stored; not together with a producer
     */
    public record Append(
            List<NewRecord> records,
            OptionalLong expectedEpoch,
            ActorRef<AppendReply> replyTo,
            Optional<Producer> producer,
            Optional<KeyCondition> condition)
            implements Command {
        public Append {
            records = List.copyOf(records);
            Objects.requireNonNull(expectedEpoch, "expectedEpoch");
            Objects.requireNonNull(replyTo, "replyTo");
            Objects.requireNonNull(producer, "producer");
            Objects.requireNonNull(condition, "condition");
        }

        /** An append without a condition. */
        public Append(
                List<NewRecord> records,
                OptionalLong expectedEpoch,
                ActorRef<AppendReply> replyTo,
                Optional<Producer> producer) {
            this(records, expectedEpoch, replyTo, producer, Optional.empty());
        }

        /** An append by nobody in particular: sent twice, it is stored twice. */
        public Append(List<NewRecord> records, OptionalLong expectedEpoch, ActorRef<AppendReply> replyTo) {
            this(records, expectedEpoch, replyTo, Optional.empty());
        }

        /** An append whatever the epoch of the log. */
        public Append(List<NewRecord> records, ActorRef<AppendReply> replyTo) {
            this(records, OptionalLong.empty(), replyTo);
        }

        /** An append of a producer, whatever the epoch of the log. */
        public Append(List<NewRecord> records, Producer producer, ActorRef<AppendReply> replyTo) {
            this(records, OptionalLong.empty(), replyTo, Optional.of(producer));
        }

        /** An append under a condition, whatever the epoch of the log. */
        public Append(List<NewRecord> records, KeyCondition condition, ActorRef<AppendReply> replyTo) {
            this(records, OptionalLong.empty(), replyTo, Optional.empty(), Optional.of(condition));
        }
    }

    /**
     * Appends a batch as {@link Append} does, and hands the answer to a function: for senders in the same JVM that append so often that
     * an actor for each answer would cost too much. Cannot travel to another node.
     *
     * @param records one or more; not copied, so neither they nor the list must change until the answer is there
     * @param condition what must be so for the batch to be stored, or null
     * @param reply called once, by the actor: must neither block nor throw
     */
    public record LocalAppend(List<NewRecord> records, KeyCondition condition, Consumer<AppendReply> reply)
            implements Command {
        public LocalAppend {
            Objects.requireNonNull(records, "records");
            Objects.requireNonNull(reply, "reply");
        }
    }

    /**
     * Deletes the records of a key up to a key sequence. {@code replyTo} is told {@link Appended}, with the offset of the small record
     * that says so, {@link NotStored} or {@link OutcomeUnknown}. Shares a commit with appends.
     *
     * @param key not copied
     * @param toSequence up to and including this one; 1 or more
     * @param highestSequence the highest sequence of the key as the sender knows it, at least {@code toSequence}
     */
    public record DeleteKey(byte[] key, long toSequence, long highestSequence, ActorRef<AppendReply> replyTo)
            implements Command {
        public DeleteKey {
            Objects.requireNonNull(key, "key");
            Objects.requireNonNull(replyTo, "replyTo");
        }
    }

    /**
     * Forgets a key altogether, its highest sequence too. Answered as {@link DeleteKey}.
     *
     * @param key not copied
     */
    public record ForgetKey(byte[] key, ActorRef<AppendReply> replyTo) implements Command {
        public ForgetKey {
            Objects.requireNonNull(key, "key");
            Objects.requireNonNull(replyTo, "replyTo");
        }
    }

    /** Asks what the log knows of a key. {@code replyTo} is told {@link KeyFound} or {@link Failure}. */
    public record LookUpKey(byte[] key, ActorRef<KeyReply> replyTo) implements Command {}

    /** The answer to {@link LookUpKey}. */
    public sealed interface KeyReply extends WireMessage {}

    /** What the log knows of the key; {@link KeyState#UNKNOWN} if nothing. */
    public record KeyFound(KeyState state) implements KeyReply {}

    /**
     * Reads records of one key, those that are deleted left out. {@code replyTo} is told {@link KeyRecords} or {@link Failure}.
     *
     * @param fromSequence the least key sequence wanted; 0 for all
     * @param fromOffset the least offset wanted; 0 at first, then what {@link KeyRecords#nextOffset()} says
     * @param maxBytes a budget for the bytes read, 0 or more, at most {@link PartitionSettings#maxReadBytes()} of which are used; at
     *     least one record is given whatever the budget, if there is one
     */
    public record ReadKey(byte[] key, long fromSequence, long fromOffset, int maxBytes, ActorRef<KeyReadReply> replyTo)
            implements Command {}

    /** The answer to {@link ReadKey}. */
    public sealed interface KeyReadReply extends WireMessage {}

    /**
     * Records of the key, in the order of the log.
     *
     * @param records in order; empty if there are none
     * @param nextOffset from which offset on to read the rest
     * @param isComplete whether there is no rest, for now
     */
    public record KeyRecords(List<LogRecord> records, long nextOffset, boolean isComplete) implements KeyReadReply {
        public KeyRecords {
            records = List.copyOf(records);
        }
    }

    /**
     * Lists keys, in an order that has no meaning but never changes. {@code replyTo} is told {@link Keys} or {@link Failure}.
     *
     * @param after lists those behind this one; empty for the first ones
     * @param limit how many at most; 1 or more
     */
    public record ListKeys(Optional<byte[]> after, int limit, ActorRef<KeysReply> replyTo) implements Command {}

    /** The answer to {@link ListKeys}. */
    public sealed interface KeysReply extends WireMessage {}

    /** Keys; fewer than asked for if there are no more. */
    public record Keys(List<byte[]> keys) implements KeysReply {
        public Keys {
            keys = List.copyOf(keys);
        }
    }

    /** The answer to {@link Append}. */
    public sealed interface AppendReply extends WireMessage {}

    /**
     * The batch is stored, visible to readers, and as durable as the log's {@link dev.varve.log.SyncPolicy} says.
     *
     * @param baseOffset the offset of the first record
     * @param lastOffset the offset of the last record
     * @param duplicate whether it was stored before, and this was a repetition that was not written; the offsets are those of then
     */
    public record Appended(long baseOffset, long lastOffset, boolean duplicate) implements AppendReply {

        /** The answer to a batch that was not stored before. */
        public Appended(long baseOffset, long lastOffset) {
            this(baseOffset, lastOffset, false);
        }
    }

    /**
     * The batch is certainly not stored, and never will be, by this attempt. What became of an earlier attempt to store the same
     * batch it does not tell: a producer that does not know sends it again.
     */
    public record NotStored(PartitionError error) implements AppendReply {}

    /** A write or a sync failed while the batch was under way: it may or may not be found when the log is opened again. */
    public record OutcomeUnknown(String message) implements AppendReply {}

    /**
     * Reads records from an offset on.
     *
     * @param offset the first offset wanted, from the log start to the log end offset; where no record has it, the next one is
     *     the first
     * @param maxBytes a budget for the bytes read, 0 or more, at most {@link PartitionSettings#maxReadBytes()} of which are used;
     *     at least one record is given whatever the budget, if there is one
     * @param maxWait how long to wait for a record if there is none yet, zero or more, at most
     *     {@link PartitionSettings#maxReadWait()}; an answer without records says that there was none
     * @param replyTo is told {@link Records} or {@link ReadFailed}, once
     * @param withoutDeleted whether to leave out records that are deleted by their key; then an answer may have none although there is
     *     more to read behind them. Only for a log that finds records by key
     */
    public record Read(long offset, int maxBytes, Duration maxWait, ActorRef<ReadReply> replyTo, boolean withoutDeleted)
            implements Command {
        public Read {
            Objects.requireNonNull(maxWait, "maxWait");
            Objects.requireNonNull(replyTo, "replyTo");
        }

        /** A read of all records, those that are deleted by their key and not yet gone included. */
        public Read(long offset, int maxBytes, Duration maxWait, ActorRef<ReadReply> replyTo) {
            this(offset, maxBytes, maxWait, replyTo, false);
        }
    }

    /** The answer to {@link Read}. */
    public sealed interface ReadReply extends WireMessage {}

    /**
     * What was read. Good records before damage are given; the read from {@code nextOffset} on then says what is damaged.
     *
     * @param fromOffset the offset that was asked for
     * @param nextOffset where to read on; there may be gaps before it
     * @param logStartOffset the log start offset at the time
     * @param logEndOffset the log end offset at the time
     * @param records in order; empty if there was nothing to read
     */
    public record Records(
            long fromOffset, long nextOffset, long logStartOffset, long logEndOffset, List<LogRecord> records)
            implements ReadReply {
        public Records {
            records = List.copyOf(records);
        }
    }

    /** Nothing was read from this offset on. */
    public record ReadFailed(long offset, PartitionError error) implements ReadReply {}

    /** Makes durable all that was appended before; {@code replyTo} is told {@link Flushed} or {@link Failure}. */
    public record Flush(ActorRef<FlushReply> replyTo) implements Command {}

    /** The answer to {@link Flush}. */
    public sealed interface FlushReply extends WireMessage {}

    /** All records below this offset are on the disk. */
    public record Flushed(long durableOffset) implements FlushReply {}

    /**
     * Seals the active segment and begins a new one, durably; does nothing if the active one is empty. {@code replyTo} is told
     * {@link Rolled} or {@link Failure}.
     */
    public record Roll(ActorRef<RollReply> replyTo) implements Command {}

    /** The answer to {@link Roll}. */
    public sealed interface RollReply extends WireMessage {}

    /** The active segment is a new one, or was empty and still is. */
    public record Rolled(long activeBaseOffset) implements RollReply {}

    /**
     * Looks for the first offset whose record has a timestamp at or after this one, in milliseconds since
     * 1970-01-01T00:00:00Z. {@code replyTo} is told {@link OffsetFound} or {@link Failure}.
     */
    public record OffsetForTimestamp(long timestamp, ActorRef<OffsetReply> replyTo) implements Command {}

    /** The answer to {@link OffsetForTimestamp}. */
    public sealed interface OffsetReply extends WireMessage {}

    /** The first such offset; empty if there is none. */
    public record OffsetFound(OptionalLong offset) implements OffsetReply {}

    /**
     * Raises the log start offset, durably, and gives back the space of segments that lie wholly below it. {@code replyTo} is
     * told {@link Deleted} or {@link Failure}.
     *
     * @param offset up to and including the log end offset
     */
    public record DeleteBefore(long offset, ActorRef<DeleteReply> replyTo) implements Command {}

    /** The answer to {@link DeleteBefore}. */
    public sealed interface DeleteReply extends WireMessage {}

    /** The log start offset now: what was asked for, or more. */
    public record Deleted(long logStartOffset) implements DeleteReply {}

    /** Asks what the partition is ready for and what its log consists of. {@code replyTo} is told a {@link Description}. */
    public record Describe(ActorRef<Description> replyTo) implements Command {}

    /**
     * The answer to {@link Describe}.
     *
     * @param state what the partition is ready for
     * @param problem why it is not READY, in words; empty when it is
     * @param log the log; empty while it is being opened and when it could not be
     */
    public record Description(PartitionState state, String problem, Optional<LogDescription> log)
            implements WireMessage {}

    /**
     * Asks to be told when the tail has moved: once, as soon as the log end offset is above the one that is known, which may be
     * at once. To go on, subscribe again with what {@link Tail} said. So nobody is ever told more than they asked for, and whoever is
     * slow hears of many commits at once. A second subscription of the same actor takes the place of the first; one of an actor
     * that has ended is forgotten.
     *
     * @param knownEndOffset the log end offset that the subscriber knows of; -1 to be told at once
     * @param replyTo is told {@link Tail}, or {@link Failure} if the partition stops or too many are subscribed
     */
    public record Subscribe(long knownEndOffset, ActorRef<TailReply> replyTo) implements Command {}

    /**
     * Asks to be told when a record of a key was appended: once, after the next commit that stores one. {@code replyTo} is told
     * {@link Tail}, or {@link Failure} if the partition stops or too many are subscribed. Commits before the subscription are not told of,
     * so subscribe first, then read what there is. Otherwise as {@link Subscribe}.
     *
     * @param key not copied
     */
    public record SubscribeToKey(byte[] key, ActorRef<TailReply> replyTo) implements Command {
        public SubscribeToKey {
            Objects.requireNonNull(key, "key");
            Objects.requireNonNull(replyTo, "replyTo");
        }
    }

    /** The answer to {@link Subscribe} and {@link SubscribeToKey}. */
    public sealed interface TailReply extends WireMessage {}

    /** The bounds of the log now. */
    public record Tail(long logStartOffset, long logEndOffset, long durableOffset) implements TailReply {}

    /** Why something other than an append or a read was not done. */
    public record Failure(PartitionError error)
            implements FlushReply, RollReply, OffsetReply, DeleteReply, TailReply, KeyReply, KeyReadReply, KeysReply {}

    /**
     * Writes what waits, answers it, closes the log and ends the actor; whoever watches the actor then knows that the log is
     * closed. What comes after it is refused.
     */
    public enum Stop implements Command {
        INSTANCE
    }

    /** What the actor tells itself. */
    sealed interface Internal extends Command permits Opening.Internal, Open.Internal {}
}
