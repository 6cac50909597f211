package dev.varve.log;

import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.KeyControl;
import dev.varve.log.format.NewRecord;
import dev.varve.log.io.DirectoryLock;
import dev.varve.log.io.LateLogger;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.LongConsumer;

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
    private static final LateLogger LOGGER = new LateLogger(PartitionLog.class);

    private final Path directory;
    private final LogOptions options;
    private final DirectoryLock lock;
    private final LockGuard guard;
    private final LogWriter writer;
    private final LogTail tail;
    private final Readiness readiness;
    private final Housekeeping housekeeping;
    private final LogReads reads;
    private final DamageList damage;
    private final long logId;
    private final Scrubs scrubs;

    /** Guards everything that changes the log; readers never take it. */
    private final Object writing = new Object();

    /** Of those who append a batch at a time; null until the first of them comes. */
    private Commit single;

    /** The keys of the log if it is asked for them, else null. */
    private LogKeys keys;

    private KeyedRecords keyedRecords;
    private Upkeep upkeep;

    private PartitionLog(Path directory, LogOptions options, DirectoryLock lock, LogRecovery recovery) {
        this.directory = directory;
        this.options = options;
        this.lock = lock;
        this.guard = new LockGuard(directory, lock, options);
        this.writer = recovery.writer();
        this.tail = new LogTail(writer, guard, options);
        this.readiness = new Readiness(directory, options, guard, recovery, tail);
        this.housekeeping = new Housekeeping(tail, readiness, options);
        this.damage = recovery.damage();
        this.logId = writer.logId();
        this.reads = new LogReads(options, logId, writer.maxFrameBytes(), damage);
        this.scrubs = new Scrubs(this, options, damage);
    }

    /**
     * Opens the log in a directory, creating both if they are not there. After a clean close this reads no records;
     * after a crash the active segment is scanned, and what was written but not known to be synced is checked, written anew
     * and synced before this returns, under whatever policy: a later flush could not make it durable, for after a sync that
     * failed the operating system takes pages for written that are not. Where the disk has no room for that the log opens
     * {@link LogState#READ_ONLY}.
     *
     * @throws LogException.Locked if another owner, in this JVM or elsewhere, has it
     * @throws LogException.Replicated if it is a replica, and {@link LogOptions#replicated()} does not say so
     * @throws LogException.TailLost if it ends before what was durable
     * @throws LogException.Broken if a file of it is missing, shortened, foreign, or damaged beyond use
     * @throws LogException.CodecUnavailable if records are to be found by key and the keys of some cannot be known, because this process
     *     has no means to decompress them
     * @throws LogException.IoFailed if the operating system refuses something
     */
    public static PartitionLog open(Path directory, LogOptions options) {
        LogDirectory place = new LogDirectory(directory, options);
        Path absolute = place.path();
        DirectoryLock lock = place.lock();
        LogRecovery recovery = new LogRecovery(absolute, options);
        boolean opened = false;
        try {
            recovery.look();
            PartitionLog log = new PartitionLog(absolute, options, lock, recovery);
            log.begin();
            opened = true;
            return log;
        } catch (CodecUnavailableException e) {
            throw new LogException.CodecUnavailable(absolute, e);
        } catch (IOException e) {
            throw new LogException.IoFailed(absolute, -1, "opening the log in", e);
        } finally {
            if (!opened) {
                closeQuietly(recovery.writer());
                closeQuietly(lock);
            }
        }
    }

    private void begin() throws IOException {
        readiness.begin();
        if (options.indexesKeys()) {
            keys = LogKeys.open(directory, options, logId, writer.maxFrameBytes(), reads.reader(), view());
            tail.teach(keys);
            keyedRecords = new KeyedRecords(this, this::view, keys, writing);
        }
        upkeep = new Upkeep(this, writing, options, writer, keys, reads, damage);
        if (!recovery().clean()) {
            // Whoever opens the log next should not have to ask what this one already knows to be durable.
            tail.wantMarkIfSynced();
        }
    }

    /** What opening found and did. */
    public RecoveryReport recovery() {
        return readiness.report();
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
        synchronized (writing) {
            Commit single = emptySingle();
            single.stage(records);
            commit(single);
            return single.baseOffset(0);
        }
    }

    /**
     * As {@link #append(List)}, for a batch that may be sent again: stored once, see {@link Commit#stage(List, Producer)}.
     *
     * @return the offset of the first record; of a repetition, the one that it was given the first time
     * @throws LogException.OutOfSequence if the batch does not follow the last one of its producer; it was not written
     * @throws LogException.StaleProducerEpoch if its producer was fenced; it was not written
     */
    public long append(List<NewRecord> records, Producer producer) {
        synchronized (writing) {
            Commit single = emptySingle();
            single.stage(records, producer);
            commit(single);
            if (single.outcome(0) == Commit.Outcome.REFUSED) {
                throw single.refusal(0);
            }
            return single.baseOffset(0);
        }
    }

    /** Appends a record of the log's own. */
    void commitControl(KeyControl control) {
        synchronized (writing) {
            Commit single = emptySingle();
            single.stageControl(control, options.clock().wallMillis());
            commit(single);
        }
    }

    private Commit emptySingle() {
        if (single == null) {
            single = newCommit();
        }
        single.clear();
        return single;
    }

    /** An empty commit for this log. */
    public Commit newCommit() {
        return new Commit(options.maxBatchBytes(), options.compression(), options.indexesKeys());
    }

    /**
     * Gives the staged batches their offsets, writes them, and syncs as the policy says. Batches that repeat what is stored, or do
     * not follow the last one of their producer, are left out and take no other with them. {@link Commit#outcome} tells what became
     * of each; on an error, which speaks for those that are unsettled then, the others are as it says all the same.
     *
     * @throws LogException.BatchTooLarge if it was made by another log, which has a larger limit; nothing was written
     * @throws LogException.InvalidBatch if a given place does not follow the one before it; nothing was written
     * @throws LogException.StaleEpoch if a given epoch is below that of the log; nothing was written
     * @throws LogException.ReadOnly if there is no room
     * @throws LogException.OutcomeUnknown if a write or a sync failed
     * @throws LogException.Failed if one had failed before
     * @throws LogException.IoFailed if a condition could not be judged; nothing was written
     * @throws LogException.Closed if the log was closed
     */
    public void commit(Commit commit) {
        synchronized (writing) {
            commit.begin();
            if (commit.batches() == 0) {
                return;
            }
            readiness.requireNotFailed();
            if (readiness.isRecoveryPending()) {
                // What readers see may not be durable yet, and so must not be acknowledged as stored.
                readiness.requireWritable(commit.bytes());
            }
            List<StagedBatch> batches = Admission.admit(
                    commit.staged(), writer.producers(), key -> keyedRecords.highestSequenceBeforeAdding(key));
            if (batches.isEmpty()) {
                return;
            }
            readiness.requireWritable(commit.bytes());
            tail.place(batches);
            try {
                tail.write(batches, commit.buffer());
            } catch (IOException | RuntimeException | Error e) {
                throw readiness.refused(commit.bytes(), e);
            }
        }
    }

    /**
     * Makes all that was appended before durable.
     *
     * @return the durable offset
     * @throws LogException.ReadOnly if recovery has yet to make something durable and there is no room for that
     * @throws LogException.Failed if a write or a sync had failed before
     * @throws LogException.OutcomeUnknown if this sync fails: what it was to make durable may or may not be
     * @throws LogException.Closed if the log was closed
     */
    public long flush() {
        synchronized (writing) {
            readiness.requireNotFailed();
            readiness.requireRecovered();
            readiness.attempt(tail::flush);
            return durableOffset();
        }
    }

    /**
     * The log as it is now, to be copied; syncs first. Whoever has the tables of keys copied does without: they are made anew by the open
     * that asks for them.
     *
     * @throws LogException as {@link #flush}
     */
    public LogImage image() {
        synchronized (writing) {
            flush();
            try {
                return writer.image();
            } catch (IOException e) {
                throw new LogException.IoFailed(directory, -1, "looking for the segments of the log in", e);
            }
        }
    }

    /**
     * Seals the active segment and begins a new one; does nothing if the active one is empty. Durable when it returns.
     *
     * @throws LogException as {@link #commit}
     */
    public void roll() {
        synchronized (writing) {
            readiness.requireWritable(0);
            if (!view().active().isEmpty()) {
                readiness.attempt(tail::roll);
            }
        }
    }

    /**
     * Raises the log start offset, durably, and gives back the space of segments that lie wholly below it. Readers that
     * are inside one of them finish undisturbed. Works on a full disk too.
     *
     * @param offset up to and including the log end offset; at or below the log start offset nothing happens
     * @return the log start offset now
     * @throws LogException.AboveLogEnd if the offset is beyond the log
     * @throws LogException as {@link #commit}
     */
    public long deleteBefore(long offset) {
        synchronized (writing) {
            readiness.requireNotFailed();
            if (offset > logEndOffset()) {
                throw new LogException.AboveLogEnd(offset, logStartOffset(), logEndOffset());
            }
            readiness.requireRecovered();
            if (offset > logStartOffset()) {
                upkeep.deleteBefore(offset);
            }
            return logStartOffset();
        }
    }

    /**
     * Lets go, oldest first, of the sealed segments that a policy no longer keeps, as {@link #deleteBefore} does.
     *
     * @throws LogException as {@link #deleteBefore}
     */
    public RetentionResult applyRetention(RetentionPolicy policy) {
        synchronized (writing) {
            readiness.requireNotFailed();
            readiness.requireRecovered();
            return upkeep.applyRetention(policy);
        }
    }

    /**
     * Takes dead records out of the sealed segments, by writing those in which enough is dead anew. Offsets, epochs, sequences and
     * timestamps stay; where records were are gaps of offsets. Runs on the caller's thread, beside appends and reads, which it keeps
     * waiting only while a segment takes the place of the old one; readers that are inside that one finish undisturbed. One run at a
     * time: a second one waits. Each new segment is durable when it takes its place, and so is all that was appended before; whatever
     * interrupts a run leaves every segment as it was or as it should be. Damaged segments are left alone.
     *
     * @param pace told how many bytes were read and written since it was last told. It may block, for that is how compaction is paced,
     *     but not for long, for a close waits for it; it ends the run by throwing
     * @throws IllegalStateException if the log was opened without {@link LogOptions#withKeyMemoryBytes}
     * @throws LogException.IoFailed if the operating system refused something, or there is no room for a second copy of a segment; the log
     *     takes appends as before
     * @throws LogException as {@link #commit}
     */
    public CompactionResult compact(CompactionPolicy policy, LongConsumer pace) {
        keys();
        synchronized (writing) {
            requireReady();
        }
        return upkeep.compact(policy, pace);
    }

    /** Has a listener hear what goes away from now on. */
    public void listen(LogListener listener) {
        upkeep.listen(Objects.requireNonNull(listener, "listener"));
    }

    /** As the log is at this moment. */
    LogView view() {
        return tail.view();
    }

    long deletions() {
        return tail.deletions();
    }

    void requireReady() {
        readiness.requireWritable(0);
    }

    void requireNotClosed() {
        readiness.requireNotClosed();
    }

    /** Changes which segments there are, durably, and shows it to readers. To be called while the log is being written to. */
    <T> T change(LogTail.Change<T> change) {
        try {
            return tail.change(change);
        } catch (IOException | RuntimeException | Error e) {
            throw readiness.refused(0, e);
        }
    }

    /**
     * Deletes the log, files and directory, and closes it. A log created there later starts empty. A deletion that is
     * interrupted is finished by the next open.
     *
     * @throws LogException.IoFailed if the operating system refuses something
     */
    public void delete() {
        upkeep.end();
        upkeep.awaitEnd();
        synchronized (writing) {
            requireNotClosed();
            readiness.close();
            try {
                reads.close();
                closeQuietly(keys);
                writer.close();
                guard.check();
                new LogDeletion(directory, options.disk()).run();
            } catch (IOException e) {
                throw new LogException.IoFailed(directory, -1, "deleting the log in", e);
            } finally {
                closeQuietly(lock);
            }
        }
    }

    /**
     * Whether there is a log in a directory, whatever its condition; one whose deletion has begun is none any more, and
     * one whose creation was not finished none yet. Takes no lock.
     *
     * @throws LogException.IoFailed if the operating system refuses something
     */
    public static boolean exists(Path directory, LogOptions options) {
        return new LogDirectory(directory, options).holdsLog();
    }

    /**
     * Deletes the log in a directory without opening it, so that a log which refuses to open can be deleted too.
     *
     * @return whether there was one
     * @throws LogException.Locked if another owner has it
     * @throws LogException.Replicated if it is a replica, and {@link LogOptions#replicated()} does not say so
     * @throws LogException.IoFailed if the operating system refuses something
     */
    public static boolean delete(Path directory, LogOptions options) {
        return new LogDirectory(directory, options).deleteLog();
    }

    /**
     * Does what is due by the clock: a sync under {@link SyncPolicy.EveryNWrites}, the durable mark of an idle log, the
     * roll of an aged segment, the return from {@link LogState#READ_ONLY}. The owner calls it when the time that the last call
     * gave has passed, or oftener. Never throws for the disk's sake: {@link #state()} tells.
     *
     * @return how long until something may be due again, more than zero and at most a second
     */
    public Duration housekeep() {
        synchronized (writing) {
            return housekeeping.run();
        }
    }

    @Override
    public ReadResult read(long offset, int maxBytes) {
        return looking(seen -> reads.read(seen, offset, maxBytes));
    }

    @Override
    public OptionalLong offsetForTimestamp(long timestamp) {
        return looking(seen -> reads.offsetForTimestamp(seen, timestamp));
    }

    /** Looks at the log; again, if that failed because a segment was deleted or replaced, or the log closed, meanwhile. */
    private <T> T looking(Function<LogView, T> look) {
        while (true) {
            LogView seen = view();
            requireNotClosed();
            try {
                return look.apply(seen);
            } catch (LogException.IoFailed | LogException.Broken e) {
                requireNotClosed();
                if (!haveSegmentsGone(seen)) {
                    throw e;
                }
            }
        }
    }

    /** Whether a segment was deleted or replaced since; waits for whoever is about it. */
    boolean haveSegmentsGone(LogView seen) {
        synchronized (writing) {
            return view().sealed() != seen.sealed();
        }
    }

    @Override
    public LogDescription describe() {
        LogView seen = view();
        List<Damage> findings = new ArrayList<>(recovery().damage());
        findings.addAll(scrubs.findings());
        return Descriptions.describe(seen, logId, epoch(), state(), readiness.problem(), damage, findings)
                .withLastScrub(scrubs.last());
    }

    /**
     * Walks every byte that a reader could meet, as {@link LogInspector#verify} does, while the log is at work. What it finds is in
     * {@link #describe()} from then on, until the next walk has ended; nothing is changed.
     *
     * @param pace told the number of bytes walked since it was last told. It may block, for that is how the walk is paced, and ends
     *     the walk by throwing
     * @return how much was walked
     * @throws LogException.Closed if the log was closed
     */
    public LogInspector.Verified scrub(LongConsumer pace) {
        LogScrub scrub = beginScrub();
        boolean isMore = true;
        while (isMore) {
            isMore = scrub.walkOn(pace);
        }
        return scrub.walked();
    }

    /**
     * Begins the same in steps. One walk at a time.
     *
     * @throws LogException.Closed if the log was closed
     */
    public LogScrub beginScrub() {
        return scrubs.begin();
    }

    /** How many segments there are, the active one among them. Cheap. */
    public int segmentCount() {
        return view().segmentCount();
    }

    /** The least offset that can be read. Cheap. */
    public long logStartOffset() {
        return view().logStartOffset();
    }

    /** The offset behind the last visible one. Cheap. */
    public long logEndOffset() {
        return view().logEndOffset();
    }

    /** The offset behind the last one known to be on the disk. Cheap. */
    public long durableOffset() {
        return view().durableOffset();
    }

    /** The epoch of this owner: greater than that of any owner before, or that of the last batch whose place was given. Cheap. */
    public long epoch() {
        return tail.epoch();
    }

    /**
     * The sequence of the last batch, deleted ones included: what is to come next must be above it. Waits for whoever changes the
     * log.
     */
    public long lastSequence() {
        synchronized (writing) {
            return writer.sequence();
        }
    }

    /**
     * Its records by their keys.
     *
     * @throws IllegalStateException if the log was opened without {@link LogOptions#withKeyMemoryBytes}
     */
    public KeyedRecords keys() {
        if (keys == null) {
            throw new IllegalStateException(
                    "the log in " + directory + " was opened without memory for keys, so it finds no records by them");
        }
        return keyedRecords;
    }

    /** What the log is ready for now. Cheap. */
    public LogState state() {
        return readiness.state();
    }

    /** The directory of the log, absolute. */
    public Path directory() {
        return directory;
    }

    /**
     * Syncs, notes down that all is durable, and gives the lock back. May be called twice. Where there is no room for the note
     * the next open reads the active segment.
     *
     * @throws LogException.IoFailed if the last sync fails; the lock is given back all the same
     */
    @Override
    public void close() {
        upkeep.end();
        upkeep.awaitEnd();
        synchronized (writing) {
            LogState before = state();
            if (before == LogState.CLOSED) {
                return;
            }
            readiness.close();
            try {
                if (before == LogState.READY) {
                    guard.check();
                    if (keys != null) {
                        writer.sync();
                        keys.closing(writer.view());
                    }
                    writer.closeCleanly();
                }
            } catch (IOException e) {
                throw new LogException.IoFailed(directory, -1, "closing the log in", e);
            } finally {
                closeQuietly(reads);
                closeQuietly(keys);
                closeQuietly(writer);
                closeQuietly(lock);
            }
        }
    }

    private static void closeQuietly(Closeable closeable) {
        if (closeable != null) {
            try {
                closeable.close();
            } catch (IOException e) {
                LOGGER.warn("Closing after something else went wrong: {}", e.toString());
            }
        }
    }
}
