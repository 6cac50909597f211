package dev.varve.log;

import dev.varve.log.format.NewRecord;
import java.io.Closeable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/**
 * A log in a directory, owned by this process: appends, reads, and everything else. See the package description for
 * the parts it is made of.
 *
 * <p>Any thread may call any method. Appends and whatever else changes the log run one at a time, in the order in which
 * they come, and block for the disk; reads run beside them and beside each other and never wait for them. A thread that
 * changes the log must not be interrupted while it does: the Java platform answers an interrupt by closing the file,
 * and the log is {@link LogState#FAILED} then (nothing is lost; open it again). Interrupted readers do no harm.
 */
public final class PartitionLog implements ReadableLog, Closeable {

    private PartitionLog() {}

    /**
     * Opens the log in a directory, creating both if they are not there. After a clean close this reads no records;
     * after a crash the active segment is scanned, and what was written but not known to be synced is checked and, under
     * a policy that syncs, written anew and synced before this returns.
     *
     * @throws LogException.Locked if another owner, in this JVM or elsewhere, has it
     * @throws LogException.TailLost if it ends before what was durable
     * @throws LogException.Broken if a file of it is missing, shortened, foreign, or damaged beyond use
     * @throws LogException.IoFailed if the operating system refuses something
     */
    public static PartitionLog open(Path directory, LogOptions options) {
        throw new UnsupportedOperationException();
    }

    /** What opening found and did. */
    public RecoveryReport recovery() {
        throw new UnsupportedOperationException();
    }

    /** Appends one record; see {@link #append(List)}. */
    public long append(NewRecord record) {
        return append(List.of(record));
    }

    /**
     * Appends a batch, all of it or nothing. When it returns the batch is visible to readers and as durable as the
     * {@link SyncPolicy} says.
     *
     * @param records one or more
     * @return the offset of the first record; the others follow without gaps
     * @throws LogException see each kind for what it means; only {@link LogException.OutcomeUnknown} leaves it open
     *     whether the batch is stored
     */
    public long append(List<NewRecord> records) {
        throw new UnsupportedOperationException();
    }

    /** An empty commit for this log. */
    public Commit newCommit() {
        throw new UnsupportedOperationException();
    }

    /**
     * Gives the staged batches their offsets, writes them, and syncs as the policy says. On an error the first
     * {@link Commit#storedBatches()} batches are stored all the same; the error tells what became of the others.
     *
     * @throws LogException.InvalidBatch if a given place does not follow the one before it; nothing was written
     * @throws LogException.StaleEpoch if a given epoch is below that of the log; nothing was written
     * @throws LogException.ReadOnly if there is no room
     * @throws LogException.OutcomeUnknown if a write or a sync failed
     * @throws LogException.Failed if one had failed before
     */
    public void commit(Commit commit) {
        throw new UnsupportedOperationException();
    }

    /**
     * Makes all that was appended before durable.
     *
     * @return the durable offset
     */
    public long flush() {
        throw new UnsupportedOperationException();
    }

    /** Seals the active segment and begins a new one; does nothing if the active one is empty. Durable when it returns. */
    public void roll() {
        throw new UnsupportedOperationException();
    }

    /**
     * Raises the log start offset, durably, and gives back the space of segments that lie wholly below it. Readers that
     * are inside one of them finish undisturbed.
     *
     * @param offset up to and including the log end offset; at or below the log start offset nothing happens
     * @return the log start offset now
     * @throws LogException.AboveLogEnd if the offset is beyond the log
     */
    public long deleteBefore(long offset) {
        throw new UnsupportedOperationException();
    }

    /** Deletes the log, files and directory, and closes it. A log created there later starts empty. */
    public void delete() {
        throw new UnsupportedOperationException();
    }

    /**
     * Does what is due by the clock: a sync under {@link SyncPolicy.EveryNWrites}, the durable mark of an idle log, the
     * roll of an aged segment, the return from {@link LogState#READ_ONLY}. The owner calls it when the time that the last call
     * gave has passed, or oftener. Never throws for the disk's sake: the state of the log tells.
     *
     * @return how long until something may be due again, at most a second
     */
    public Duration housekeep() {
        throw new UnsupportedOperationException();
    }

    @Override
    public ReadResult read(long offset, int maxBytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public OptionalLong offsetForTimestamp(long timestamp) {
        throw new UnsupportedOperationException();
    }

    @Override
    public LogDescription describe() {
        throw new UnsupportedOperationException();
    }

    /** The least offset that can be read. Cheap. */
    public long logStartOffset() {
        throw new UnsupportedOperationException();
    }

    /** The offset behind the last visible one. Cheap. */
    public long logEndOffset() {
        throw new UnsupportedOperationException();
    }

    /** The offset behind the last one known to be on the disk. Cheap. */
    public long durableOffset() {
        throw new UnsupportedOperationException();
    }

    /** The epoch of this owner, greater than that of any owner before. Cheap. */
    public long epoch() {
        throw new UnsupportedOperationException();
    }

    /** What the log is ready for now. Cheap. */
    public LogState state() {
        throw new UnsupportedOperationException();
    }

    /** Syncs, notes down that all is durable, and gives the lock back. May be called twice. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
