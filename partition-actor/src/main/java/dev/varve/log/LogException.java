package dev.varve.log;

import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.FrameHeader.Producer;
import java.nio.file.Path;

/**
 * What a log answers instead of a result. Each kind is a class of its own with the facts as fields; the message says
 * what happened, to which file and offset, what was kept and what to do next.
 *
 * <p>Of an append: {@link OutcomeUnknown} alone leaves it open whether the batch is stored. Every other kind means that
 * it is certainly not.
 */
public abstract sealed class LogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private LogException(String message, Throwable cause) {
        super(message, cause);
    }

    /** An offset outside the log; the bounds tell where it is. */
    public abstract static sealed class OutOfRange extends LogException {
        private static final long serialVersionUID = 1L;
        private final long offset;
        private final long logStartOffset;
        private final long logEndOffset;

        private OutOfRange(String message, long offset, long logStartOffset, long logEndOffset) {
            super(message, null);
            this.offset = offset;
            this.logStartOffset = logStartOffset;
            this.logEndOffset = logEndOffset;
        }

        public long offset() {
            return offset;
        }

        /** The least offset that can be read. */
        public long logStartOffset() {
            return logStartOffset;
        }

        /** The offset behind the last one that can be read; reading from it gives no records yet, and no error. */
        public long logEndOffset() {
            return logEndOffset;
        }
    }

    /** The offset was deleted, or never existed because it is negative. */
    public static final class BelowLogStart extends OutOfRange {
        private static final long serialVersionUID = 1L;

        public BelowLogStart(long offset, long logStartOffset, long logEndOffset) {
            super(
                    "offset " + offset + " is below the log start offset " + logStartOffset
                            + "; the log holds offsets from " + logStartOffset + " up to but not including "
                            + logEndOffset,
                    offset,
                    logStartOffset,
                    logEndOffset);
        }
    }

    /** The offset lies beyond the log end offset: nobody was ever given it. */
    public static final class AboveLogEnd extends OutOfRange {
        private static final long serialVersionUID = 1L;

        public AboveLogEnd(long offset, long logStartOffset, long logEndOffset) {
            super(
                    "offset " + offset + " is above the log end offset " + logEndOffset
                            + "; the log holds offsets from " + logStartOffset + " up to but not including "
                            + logEndOffset,
                    offset,
                    logStartOffset,
                    logEndOffset);
        }
    }

    /** Damage: bytes that were durable once and no longer are what was written. Nothing was deleted. */
    public static final class CorruptRecord extends LogException {
        private static final long serialVersionUID = 1L;
        private final transient Path file;
        private final long position;
        private final long firstOffset;
        private final long lastOffset;

        public CorruptRecord(Path file, long position, long firstOffset, long lastOffset, String reason) {
            super(
                    "damage in " + file + " at position " + position + ", offsets " + firstOffset + " to " + lastOffset
                            + ": " + reason + ". Nothing was deleted; offsets before " + firstOffset + " and from "
                            + (lastOffset + 1) + " on stay readable",
                    null);
            this.file = file;
            this.position = position;
            this.firstOffset = firstOffset;
            this.lastOffset = lastOffset;
        }

        public Path file() {
            return file;
        }

        /** Where in the file the damaged bytes begin. */
        public long position() {
            return position;
        }

        /** The least offset that may be lost. */
        public long firstOffset() {
            return firstOffset;
        }

        /** The greatest offset that may be lost; reading goes on behind it. */
        public long lastOffset() {
            return lastOffset;
        }
    }

    /**
     * Records are compressed, or were to be, in a way that this process has no means for: a native library that cannot be loaded
     * here, or a kind that only a later version of varve knows. Nothing is damaged; of an append, nothing was written.
     */
    public static final class CodecUnavailable extends LogException {
        private static final long serialVersionUID = 1L;
        private final long firstOffset;
        private final long lastOffset;

        /** Of an append. */
        public CodecUnavailable(CodecUnavailableException cause) {
            super(
                    cause.getMessage()
                            + "; nothing was written. Batches can be appended with another kind of compression or none"
                            + " (varve.log.compression)",
                    cause);
            this.firstOffset = -1;
            this.lastOffset = -1;
        }

        /** Of a read. */
        public CodecUnavailable(
                Path file, long position, long firstOffset, long lastOffset, CodecUnavailableException cause) {
            super(
                    "offsets " + firstOffset + " to " + lastOffset + " in " + file + " at position " + position
                            + " cannot be decompressed: " + cause.getMessage()
                            + ". They are not damaged, and nothing was changed; offsets before and behind them stay readable",
                    cause);
            this.firstOffset = firstOffset;
            this.lastOffset = lastOffset;
        }

        /** Of whatever else needs the records of a log. */
        public CodecUnavailable(Path where, CodecUnavailableException cause) {
            super(
                    "batches in " + where + " cannot be decompressed: " + cause.getMessage() + ". They are not damaged",
                    cause);
            this.firstOffset = -1;
            this.lastOffset = -1;
        }

        /** The least offset of the batch that was to be read; else -1. */
        public long firstOffset() {
            return firstOffset;
        }

        /** The greatest offset of the batch that was to be read, behind which reading can go on; else -1. */
        public long lastOffset() {
            return lastOffset;
        }
    }

    /** A batch over {@code varve.max-batch-bytes}; nothing was written. */
    public static final class BatchTooLarge extends LogException {
        private static final long serialVersionUID = 1L;
        private final long batchBytes;
        private final long maxBatchBytes;

        public BatchTooLarge(long batchBytes, long maxBatchBytes) {
            super(
                    "a batch of " + batchBytes + " bytes is over the limit of " + maxBatchBytes
                            + " bytes (varve.max-batch-bytes); nothing was written",
                    null);
            this.batchBytes = batchBytes;
            this.maxBatchBytes = maxBatchBytes;
        }

        public long batchBytes() {
            return batchBytes;
        }

        public long maxBatchBytes() {
            return maxBatchBytes;
        }
    }

    /** A batch that contradicts the log or itself: empty, offsets or sequence not increasing. Nothing was written. */
    public static final class InvalidBatch extends LogException {
        private static final long serialVersionUID = 1L;

        public InvalidBatch(String message) {
            super(message + "; nothing was written", null);
        }
    }

    /** The epoch of an append is not the one of the log: somebody else owns it by now. Nothing was written. */
    public static final class StaleEpoch extends LogException {
        private static final long serialVersionUID = 1L;
        private final long givenEpoch;
        private final long currentEpoch;

        public StaleEpoch(long givenEpoch, long currentEpoch) {
            super(
                    "epoch " + givenEpoch + " is not the current epoch " + currentEpoch
                            + " of the log; nothing was written",
                    null);
            this.givenEpoch = givenEpoch;
            this.currentEpoch = currentEpoch;
        }

        public long givenEpoch() {
            return givenEpoch;
        }

        public long currentEpoch() {
            return currentEpoch;
        }
    }

    /**
     * The first sequence of a batch is not the number behind its producer's last one: batches before it are missing, or it
     * repeats an older batch than the log remembers, or one that is cut otherwise. This batch was not written, now; of an attempt
     * before this one it says nothing.
     */
    public static final class OutOfSequence extends LogException {
        private static final long serialVersionUID = 1L;
        private final long producerId;
        private final int expectedSequence;
        private final int givenSequence;

        /** @param unknown whether nothing is known of the producer */
        public OutOfSequence(Producer given, int expectedSequence, boolean unknown) {
            super(
                    "a batch of producer " + given.id() + ", epoch " + given.epoch() + ", begins with sequence "
                            + given.firstSequence() + " instead of " + expectedSequence
                            + "; it was not written. " + advice(given, expectedSequence, unknown),
                    null);
            this.producerId = given.id();
            this.expectedSequence = expectedSequence;
            this.givenSequence = given.firstSequence();
        }

        private static String advice(Producer given, int expected, boolean unknown) {
            if (unknown) {
                return "The log does not know this producer, or no longer: let it begin anew at sequence 0, with a new id or"
                        + " epoch, after reading which of its records are there if it does not know";
            }
            boolean ahead = ((given.firstSequence() - expected) & Integer.MAX_VALUE) <= Integer.MAX_VALUE / 2;
            return ahead
                    ? "Send what comes before it first"
                    : "Records with these numbers are stored already, too long ago or in other batches than to tell"
                            + " their offsets";
        }

        public long producerId() {
            return producerId;
        }

        /** The sequence that the next batch of the producer must begin with. */
        public int expectedSequence() {
            return expectedSequence;
        }

        public int givenSequence() {
            return givenSequence;
        }
    }

    /** The epoch of a batch's producer is below one that the log has seen: another one has its id by now. Nothing was written. */
    public static final class StaleProducerEpoch extends LogException {
        private static final long serialVersionUID = 1L;
        private final long producerId;
        private final short givenEpoch;
        private final short currentEpoch;

        public StaleProducerEpoch(long producerId, short givenEpoch, short currentEpoch) {
            super(
                    "epoch " + givenEpoch + " of producer " + producerId + " is over: the log has batches of epoch "
                            + currentEpoch + ", so another one has taken its place. This batch was not written",
                    null);
            this.producerId = producerId;
            this.givenEpoch = givenEpoch;
            this.currentEpoch = currentEpoch;
        }

        public long producerId() {
            return producerId;
        }

        public short givenEpoch() {
            return givenEpoch;
        }

        public short currentEpoch() {
            return currentEpoch;
        }
    }

    /** No room on the disk: reads go on, appends are refused until there is room again. Nothing was written. */
    public static final class ReadOnly extends LogException {
        private static final long serialVersionUID = 1L;

        public ReadOnly(Path directory, Throwable cause) {
            super(
                    "no room for the log in " + directory + " (" + cause.getMessage()
                            + "); what was acknowledged is kept and readable, this append was not stored,"
                            + " and appends go on by themselves once there is room",
                    cause);
        }
    }

    /** The log failed before: reads of durable records go on, appends wait for a fresh open. Nothing was written. */
    public static final class Failed extends LogException {
        private static final long serialVersionUID = 1L;

        public Failed(Path directory, Throwable cause) {
            super(
                    "the log in " + directory + " has failed (" + cause + "); durable records stay readable, this"
                            + " request was not carried out; check the disk, then open the log again",
                    cause);
        }
    }

    /** A write or a sync failed while this batch was under way: it may or may not be found when the log is opened again. */
    public static final class OutcomeUnknown extends LogException {
        private static final long serialVersionUID = 1L;

        public OutcomeUnknown(Path directory, Throwable cause) {
            super(
                    "a write to the log in " + directory + " failed (" + cause + "); whether this batch is stored is"
                            + " known only after the log is opened again. The log takes no more appends;"
                            + " check the disk, then open it again",
                    cause);
        }
    }

    /** Another owner, in this process or another, holds the directory. */
    public static final class Locked extends LogException {
        private static final long serialVersionUID = 1L;

        public Locked(Path directory) {
            super(
                    "the log in " + directory + " is in use by another owner; one writer at a time. Stop it first,"
                            + " or use the commands that only read, which need no lock",
                    null);
        }
    }

    /** The log is a replica of a partition of a cluster, and only what the cluster has agreed on may change it. Nothing was changed. */
    public static final class Replicated extends LogException {
        private static final long serialVersionUID = 1L;

        public Replicated(Path directory) {
            super(
                    "the log in " + directory + " is a replica of a partition of a cluster: only what the cluster has"
                            + " agreed on may change it, or the replicas would differ. Nothing was changed. Send what is to"
                            + " be stored or deleted to a server of the cluster; the commands that only read work here too",
                    null);
        }
    }

    /** The log ends before what it is known to have made durable: a tail was lost, and opening it would hide that. */
    public static final class TailLost extends LogException {
        private static final long serialVersionUID = 1L;
        private final transient Path file;
        private final long logEndOffset;
        private final long durableOffset;

        public TailLost(Path file, long logEndOffset, long durableOffset) {
            super(
                    file + " ends at offset " + logEndOffset + ", but records up to but not including offset "
                            + durableOffset + " were durable: " + (durableOffset - logEndOffset)
                            + " offsets are missing. Nothing was changed. Restore the file from a copy, or copy what is good with varve repair; the commands"
                            + " that only read still work",
                    null);
            this.file = file;
            this.logEndOffset = logEndOffset;
            this.durableOffset = durableOffset;
        }

        public Path file() {
            return file;
        }

        public long logEndOffset() {
            return logEndOffset;
        }

        public long durableOffset() {
            return durableOffset;
        }
    }

    /** A file of the log is missing, shortened, foreign, damaged beyond use, or of another format version. Nothing was changed. */
    public static final class Broken extends LogException {
        private static final long serialVersionUID = 1L;
        private final transient Path file;
        private final long offset;

        public Broken(Path file, long offset, String problem) {
            super(file + ": " + problem + " (from offset " + offset + " on). Nothing was changed", null);
            this.file = file;
            this.offset = offset;
        }

        public Path file() {
            return file;
        }

        /** The first offset that is concerned. */
        public long offset() {
            return offset;
        }
    }

    /** The operating system refused a request: a read, or what opening and maintaining the log needs. */
    public static final class IoFailed extends LogException {
        private static final long serialVersionUID = 1L;
        private final transient Path file;
        private final long position;

        /** @param position where in the file, or -1 if that says nothing */
        public IoFailed(Path file, long position, String attempt, Throwable cause) {
            super(attempt + " " + file + (position < 0 ? "" : " at position " + position) + " failed: " + cause, cause);
            this.file = file;
            this.position = position;
        }

        public Path file() {
            return file;
        }

        public long position() {
            return position;
        }
    }

    /**
     * The batch was to be stored only if its key had a certain highest sequence, and it has another one: somebody else wrote to the key,
     * or a batch before this one was not stored.
     */
    public static final class KeyConflict extends LogException {
        private static final long serialVersionUID = 1L;
        private final long expectedSequence;
        private final long highestSequence;

        public KeyConflict(long expectedSequence, long highestSequence) {
            super(
                    "the batch expects the highest sequence of its key to be " + expectedSequence + ", but it is "
                            + highestSequence + ". It was not stored; look the key up again",
                    null);
            this.expectedSequence = expectedSequence;
            this.highestSequence = highestSequence;
        }

        /** What the batch expected. */
        public long expectedSequence() {
            return expectedSequence;
        }

        /** What it would have found. */
        public long highestSequence() {
            return highestSequence;
        }
    }

    /** The log was closed or deleted. */
    public static final class Closed extends LogException {
        private static final long serialVersionUID = 1L;

        public Closed(Path directory) {
            super("the log in " + directory + " is closed", null);
        }
    }
}
