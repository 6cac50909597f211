package dev.varve.partition;

import dev.varve.log.format.LogRecord;
import dev.varve.partition.PartitionActor.Command;
import java.time.Duration;
import java.util.Objects;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Records of a partition as a stream, from an offset on, in order and each once. A stream asks for more only when downstream
 * wants a record and none is at hand, and holds what one read gave, so at most {@link Options#maxBytes()} and one batch. At the
 * tail the next record arrives the moment it is visible: the read waits in the partition, nothing is polled.
 *
 * <p>An answer that does not come, because a message to another node was lost or the partition moves, is asked for again. A stream
 * fails with a {@link PartitionException} when the partition says that there is no going on: the offset is out of range (records
 * were deleted that it had not read yet), damaged, or the log cannot be read; and when the actor it was given has ended. Restart
 * one that failed from behind the last record seen. Offsets may have gaps.
 */
public final class PartitionSource {
    private PartitionSource() {}

    /**
     * How a stream reads.
     *
     * @param maxBytes how much it asks for at a time, 0 or more; at least one record comes
     * @param maxWait how long one question waits at the tail, more than zero
     * @param patience how long after that an answer may still come before the question is asked again, more than zero
     * @param retryDelay how long to wait when the partition says that it is overloaded, more than zero
     * @param withoutDeleted whether records that are deleted by their key are left out; only for a log that finds records by key
     */
    public record Options(
            int maxBytes, Duration maxWait, Duration patience, Duration retryDelay, boolean withoutDeleted) {
        /** 256 KiB at a time, questions of 10 s, 5 s of patience, 100 ms when overloaded. */
        public static final Options DEFAULT =
                new Options(256 << 10, Duration.ofSeconds(10), Duration.ofSeconds(5), Duration.ofMillis(100));

        public Options {
            if (maxBytes < 0) {
                throw new IllegalArgumentException("maxBytes must be 0 or more, not " + maxBytes);
            }
            positive(maxWait, "maxWait");
            positive(patience, "patience");
            positive(retryDelay, "retryDelay");
        }

        /** All records, those that are deleted by their key and not yet gone included. */
        public Options(int maxBytes, Duration maxWait, Duration patience, Duration retryDelay) {
            this(maxBytes, maxWait, patience, retryDelay, false);
        }

        public Options withMaxBytes(int bytes) {
            return new Options(bytes, maxWait, patience, retryDelay, withoutDeleted);
        }

        public Options withMaxWait(Duration wait) {
            return new Options(maxBytes, wait, patience, retryDelay, withoutDeleted);
        }

        public Options withPatience(Duration newPatience) {
            return new Options(maxBytes, maxWait, newPatience, retryDelay, withoutDeleted);
        }

        public Options withRetryDelay(Duration delay) {
            return new Options(maxBytes, maxWait, patience, delay, withoutDeleted);
        }

        public Options withoutDeletedRecords() {
            return new Options(maxBytes, maxWait, patience, retryDelay, true);
        }

        private static void positive(Duration value, String name) {
            if (Objects.requireNonNull(value, name).isZero() || value.isNegative()) {
                throw new IllegalArgumentException(name + " must be more than zero, not " + value);
            }
        }
    }

    /**
     * A stream that never completes: it follows the tail.
     *
     * @param partition an actor, or an entity that stands for one
     * @param fromOffset the first offset wanted, from the log start to the log end offset
     */
    public static Source<LogRecord, NotUsed> follow(RecipientRef<Command> partition, long fromOffset) {
        return follow(partition, fromOffset, Options.DEFAULT);
    }

    /** As {@link #follow(RecipientRef, long)}. */
    public static Source<LogRecord, NotUsed> follow(RecipientRef<Command> partition, long fromOffset, Options options) {
        return Source.fromGraph(new RecordStage(partition, fromOffset, options, true));
    }

    /** A stream that completes at what is the log end offset when its first question is answered. */
    public static Source<LogRecord, NotUsed> upToEnd(RecipientRef<Command> partition, long fromOffset) {
        return upToEnd(partition, fromOffset, Options.DEFAULT);
    }

    /** As {@link #upToEnd(RecipientRef, long)}. */
    public static Source<LogRecord, NotUsed> upToEnd(
            RecipientRef<Command> partition, long fromOffset, Options options) {
        return Source.fromGraph(new RecordStage(partition, fromOffset, options, false));
    }
}
