package dev.varve.cluster;

import dev.varve.cluster.GroupCommand.Append;
import dev.varve.cluster.GroupCommand.AppendIf;
import dev.varve.cluster.GroupCommand.Batch;
import dev.varve.cluster.GroupCommand.DeleteKey;
import dev.varve.cluster.GroupCommand.ForgetKey;
import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.log.Commit;
import dev.varve.log.LogException;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.RollPolicy;
import dev.varve.log.SyncPolicy;
import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.io.Disk;
import dev.varve.partition.PartitionError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replica of a partition on this node: its log, which holds committed batches only. What changes it runs on the one thread that applies
 * the entries of the group; anybody may read.
 *
 * <p>The log itself is synced only now and then, for the Raft log has synced each entry, and gives it again after a crash. What the log
 * holds already then is told by its last sequence, and passed over.
 */
final class Replica {
    private static final Logger LOGGER = LoggerFactory.getLogger(Replica.class);

    /** The place of a command in its entry, in the lowest bits of a sequence; the index of the entry is above. */
    private static final int PLACE_BITS = 20;

    /** For the keys of the active segment of a topic that is compacted; when it is used up another segment is begun. */
    private static final long KEY_MEMORY_BYTES = 4 << 20;

    private final PartitionId id;
    private final Disk disk;
    private final Path directory;
    private final long logId;
    private final Tails tails;
    private volatile LogSettings settings;
    private volatile PartitionLog log;

    /** Of the batches that are to be stored with the next {@link #commit}, who waits for the result. */
    private final List<Integer> staged = new ArrayList<>();

    private Commit commit;
    /** What the log held when it was opened. */
    private final long recoveredSequence;

    private ReplayCursor replay;

    private Replica(
            PartitionId id,
            Disk disk,
            Path directory,
            long logId,
            LogSettings settings,
            PartitionLog log,
            Tails tails) {
        this.tails = tails;
        this.id = id;
        this.disk = disk;
        this.directory = directory;
        this.logId = logId;
        this.settings = settings;
        this.log = log;
        this.commit = log.newCommit();
        this.recoveredSequence = log.lastSequence();
    }

    /**
     * Opens the log, or creates it.
     *
     * @param knownEndOffset the end that the log had when it was last synced for a snapshot; 0 if never
     * @param tails those who wait for its end to move
     * @throws LogException as {@link PartitionLog#open}
     * @throws IllegalStateException if the log ends before that
     */
    static Replica open(
            PartitionId id,
            Disk disk,
            Path directory,
            long logId,
            LogSettings settings,
            long knownEndOffset,
            Tails tails) {
        PartitionLog log = PartitionLog.open(directory, options(disk, directory, logId, settings));
        Replica replica = new Replica(id, disk, directory, logId, settings, log, tails);
        if (log.logEndOffset() < knownEndOffset) {
            long end = log.logEndOffset();
            log.close();
            throw new IllegalStateException("the log in " + directory + " ends at offset " + end
                    + ", but was synced up to " + knownEndOffset + ": records are missing. Nothing was changed");
        }
        replica.replay = new ReplayCursor(log, Math.max(knownEndOffset, log.logStartOffset()));
        return replica;
    }

    private static LogOptions options(Disk disk, Path directory, long logId, LogSettings settings) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withLogId(logId)
                .withReplicated(true)
                .withSyncPolicy(SyncPolicy.none())
                .withMaxBatchBytes(RaftOptions.MAX_BATCH_BYTES)
                .withCompression(usable(directory, settings.compression()))
                .withKeyMemoryBytes(settings.compaction() == TopicCompaction.OFF ? 0 : KEY_MEMORY_BYTES)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(settings.segmentBytes()));
    }

    /**
     * What is committed must be stored on every node. How it lies there is each one's own affair: the limit of a batch counts what it is
     * uncompressed, too, so all of them take the same batches.
     */
    private static Compression usable(Path directory, Compression wanted) {
        if (wanted.isAvailable()) {
            return wanted;
        }
        LOGGER.warn(
                "{} cannot be used in this process; the log in {} is written uncompressed here, with the same content."
                        + " What was stored by it before cannot be read here",
                wanted,
                directory);
        return Compression.NONE;
    }

    PartitionId id() {
        return id;
    }

    long logId() {
        return logId;
    }

    LogSettings settings() {
        return settings;
    }

    PartitionLog log() {
        return log;
    }

    Tails tails() {
        return tails;
    }

    /**
     * Stages a batch for the next commit.
     *
     * @param place of the command in its entry
     * @return what became of it if that is known at once, else null
     */
    GroupResult stage(long term, long index, int place, Batch batch) {
        PartitionError error = error(term, batch);
        if (error != null) {
            return new GroupResult.Refused(error);
        }
        long sequence = sequence(index, place);
        if (sequence <= recoveredSequence) {
            // The log is further than it was then, so whether it would take the batch now says nothing.
            return settledBefore(sequence);
        }
        error = errorNow(batch);
        if (error != null) {
            return new GroupResult.Refused(error);
        }
        replay = null;
        try {
            commit.number(stage(batch), term, sequence);
        } catch (LogException.BatchTooLarge | LogException.InvalidBatch e) {
            return GroupResult.Refused.of(e);
        }
        staged.add(place);
        return null;
    }

    /** Why a batch is never to be stored, whatever the log holds; null if it may be. */
    private PartitionError error(long term, Batch batch) {
        OptionalLong expected = batch instanceof Append append
                ? append.expectedEpoch()
                : batch instanceof AppendIf conditional ? conditional.expectedEpoch() : OptionalLong.empty();
        if (expected.isPresent() && expected.getAsLong() != term) {
            return new PartitionError.StaleEpoch(
                    "the partition is in epoch " + term + ", not in " + expected.getAsLong() + "; nothing was stored",
                    expected.getAsLong(),
                    term);
        }
        if (batch instanceof DeleteKey delete && delete.toSequence() < 1) {
            return new PartitionError.Invalid(
                    "a key sequence is 1 or more, not " + delete.toSequence() + "; nothing was deleted");
        }
        return null;
    }

    /** Why a batch is not to be stored as the log is now, as far as that does not depend on the keys that it has; null if it may be. */
    private PartitionError errorNow(Batch batch) {
        if (!(batch instanceof Append) && settings.compaction() == TopicCompaction.OFF) {
            return new PartitionError.Invalid("records are found by their keys only in a topic that is compacted, and"
                    + " this one is not; nothing was changed. Set its compaction to undeleted or latest-of-key");
        }
        if (batch instanceof AppendIf && log.logStartOffset() > 0) {
            // Replicas have different segments, and so different ones of them have forgotten what was below.
            return new PartitionError.Invalid("the records below offset " + log.logStartOffset()
                    + " are deleted, and with them what the highest sequences of their keys were, so no condition on a"
                    + " key can be judged; nothing was stored. Keep retention off where conditions are used");
        }
        return null;
    }

    private int stage(Batch batch) {
        if (batch instanceof Append append) {
            return append.producer() == null
                    ? commit.stage(append.records())
                    : commit.stage(append.records(), append.producer());
        } else if (batch instanceof AppendIf append) {
            return commit.stageIf(append.records(), append.condition());
        } else if (batch instanceof DeleteKey delete) {
            return commit.stageDeletion(delete.key(), delete.toSequence(), delete.toSequence(), delete.timestamp());
        }
        ForgetKey forget = (ForgetKey) batch;
        return commit.stageForgetting(forget.key(), forget.timestamp());
    }

    private static long sequence(long index, int place) {
        return (index << PLACE_BITS) + place;
    }

    private GroupResult settledBefore(long sequence) {
        try {
            Optional<FrameHeader> stored = replay.find(sequence);
            if (stored.isPresent()) {
                return new GroupResult.Stored(
                        stored.get().baseOffset(), stored.get().lastOffset(), false);
            }
        } catch (LogException.CorruptRecord | LogException.OutOfRange e) {
            return new GroupResult.SettledBefore("what became of the batch cannot be read any more: " + e.getMessage());
        }
        return new GroupResult.SettledBefore("the batch was settled before the replica was started anew, and is not"
                + " stored under its own number: it was refused, or repeats another one, or is deleted");
    }

    /**
     * Stores what is staged, and sets the results at the places of the commands.
     *
     * @throws LogException if the log cannot store it
     */
    void commit(GroupResult[] results) {
        if (staged.isEmpty()) {
            return;
        }
        log.commit(commit);
        for (int i = 0; i < staged.size(); i++) {
            results[staged.get(i)] = result(i);
        }
        staged.clear();
        tails.keys().stored(commit);
        commit.clear();
        tails.moved(log);
    }

    private GroupResult result(int batch) {
        if (commit.outcome(batch) == Commit.Outcome.REFUSED) {
            return GroupResult.Refused.of(commit.refusal(batch));
        }
        return new GroupResult.Stored(commit.baseOffset(batch), commit.lastOffset(batch), commit.isDuplicate(batch));
    }

    /**
     * Deletes what is before an offset. When the command comes again after a restart, and the log holds batches behind it, it was carried out
     * or refused before those were stored; done now, a refused one would delete them.
     */
    GroupResult deleteBefore(long index, int place, long offset) {
        try {
            if (sequence(index, place) > recoveredSequence) {
                return new GroupResult.Deleted(log.deleteBefore(offset));
            }
            long start = log.logStartOffset();
            return offset <= start
                    ? new GroupResult.Deleted(start)
                    : new GroupResult.Refused(new PartitionError.AboveLogEnd(
                            "offset " + offset + " was above the log end offset; nothing was deleted",
                            offset,
                            start,
                            log.logEndOffset()));
        } catch (LogException.AboveLogEnd e) {
            return GroupResult.Refused.of(e);
        }
    }

    /** Writes in another way from now on. Whoever reads just then is told that the log is closed, and reads on from the new one. */
    void configure(LogSettings changed) {
        if (!changed.equals(settings)) {
            log.close();
            log = PartitionLog.open(directory, options(disk, directory, logId, changed));
            commit = log.newCommit();
            replay = replay == null ? null : replay.in(log);
            settings = changed;
        }
    }

    void delete() {
        tails.end();
        log.delete();
    }

    void close() {
        tails.end();
        log.close();
    }
}
