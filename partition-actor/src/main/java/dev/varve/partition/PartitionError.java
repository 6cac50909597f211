package dev.varve.partition;

import dev.varve.log.LogException;

/**
 * Why a partition did not do what it was asked: the facts, and a message for people that says what happened, what was kept
 * and what to do next. Immutable.
 */
public sealed interface PartitionError {

    /** What happened, in words. */
    String message();

    /** The offset was deleted, or never existed because it is negative. */
    record BelowLogStart(String message, long offset, long logStartOffset, long logEndOffset)
            implements PartitionError {}

    /** The offset lies beyond the log end offset: nobody was ever given it. */
    record AboveLogEnd(String message, long offset, long logStartOffset, long logEndOffset) implements PartitionError {}

    /**
     * Damage: bytes that were durable once and no longer are what was written. Reading goes on behind the last offset.
     *
     * @param file the segment file
     * @param position where in it the damaged bytes begin
     * @param firstOffset the least offset that may be lost
     * @param lastOffset the greatest offset that may be lost
     */
    record Corrupt(String message, String file, long position, long firstOffset, long lastOffset)
            implements PartitionError {}

    /**
     * Records are compressed, or were to be, in a way that the process of the partition has no means for. They are not damaged.
     *
     * @param firstOffset the least offset of the batch; -1 of an append
     * @param lastOffset the greatest offset of the batch; -1 of an append
     */
    record CodecUnavailable(String message, long firstOffset, long lastOffset) implements PartitionError {}

    /** The batch is over {@code varve.max-batch-bytes}. */
    record BatchTooLarge(String message, long batchBytes, long maxBatchBytes) implements PartitionError {}

    /** The request contradicts itself or the log. */
    record Invalid(String message) implements PartitionError {}

    /** The expected epoch is not that of the log: somebody else owns it by now. */
    record StaleEpoch(String message, long expectedEpoch, long currentEpoch) implements PartitionError {}

    /**
     * The batch does not follow the last one of its producer: batches before it are missing, or it repeats an older one than the log
     * remembers.
     *
     * @param expectedSequence the sequence that the next batch of the producer must begin with
     */
    record OutOfSequence(String message, long producerId, int expectedSequence, int givenSequence)
            implements PartitionError {}

    /** The log has batches of a later epoch of this producer: another one has taken its place. */
    record StaleProducerEpoch(String message, long producerId, short givenEpoch, short currentEpoch)
            implements PartitionError {}

    /** The batch was to be stored only if its key had another highest sequence than it has. */
    record KeyConflict(String message, long expectedSequence, long highestSequence) implements PartitionError {}

    /** More waits than may wait. Ask again a little later, or ask less at a time. */
    record Overloaded(String message) implements PartitionError {}

    /** No room on the disk. */
    record ReadOnly(String message) implements PartitionError {}

    /** The log failed before, or could not be opened. */
    record Failed(String message) implements PartitionError {}

    /** A write or sync failed while this was under way: whether it was done is known only after the log is opened again. */
    record OutcomeUnknown(String message) implements PartitionError {}

    /** The operating system could not read. */
    record IoFailed(String message) implements PartitionError {}

    /** The partition is stopping or has stopped. */
    record Stopped(String message) implements PartitionError {}

    /** There is no such partition: no topic of that name, or one with fewer partitions. */
    record NoSuchPartition(String message) implements PartitionError {}

    /** Too few replicas could be reached for what was asked; it was not done. What is committed can be read. */
    record NotEnoughReplicas(String message) implements PartitionError {}

    /** What an error of the log means to those who asked a partition. */
    static PartitionError of(LogException e) {
        String message = e.getMessage();
        if (e instanceof LogException.BelowLogStart below) {
            return new BelowLogStart(message, below.offset(), below.logStartOffset(), below.logEndOffset());
        } else if (e instanceof LogException.AboveLogEnd above) {
            return new AboveLogEnd(message, above.offset(), above.logStartOffset(), above.logEndOffset());
        } else if (e instanceof LogException.CorruptRecord corrupt) {
            return new Corrupt(
                    message,
                    corrupt.file().toString(),
                    corrupt.position(),
                    corrupt.firstOffset(),
                    corrupt.lastOffset());
        } else if (e instanceof LogException.CodecUnavailable unavailable) {
            return new CodecUnavailable(message, unavailable.firstOffset(), unavailable.lastOffset());
        } else if (e instanceof LogException.BatchTooLarge large) {
            return new BatchTooLarge(message, large.batchBytes(), large.maxBatchBytes());
        } else if (e instanceof LogException.InvalidBatch) {
            return new Invalid(message);
        } else if (e instanceof LogException.StaleEpoch stale) {
            return new StaleEpoch(message, stale.givenEpoch(), stale.currentEpoch());
        } else if (e instanceof LogException.OutOfSequence sequence) {
            return new OutOfSequence(
                    message, sequence.producerId(), sequence.expectedSequence(), sequence.givenSequence());
        } else if (e instanceof LogException.StaleProducerEpoch stale) {
            return new StaleProducerEpoch(message, stale.producerId(), stale.givenEpoch(), stale.currentEpoch());
        } else if (e instanceof LogException.KeyConflict conflict) {
            return new KeyConflict(message, conflict.expectedSequence(), conflict.highestSequence());
        } else if (e instanceof LogException.ReadOnly) {
            return new ReadOnly(message);
        } else if (e instanceof LogException.OutcomeUnknown) {
            return new OutcomeUnknown(message);
        } else if (e instanceof LogException.IoFailed) {
            return new IoFailed(message);
        } else if (e instanceof LogException.Closed) {
            return new Stopped(message);
        }
        // Failed, Locked, TailLost, Broken: the log is not to be had.
        return new Failed(message);
    }
}
