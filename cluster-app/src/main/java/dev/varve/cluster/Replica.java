package dev.varve.cluster;

import dev.varve.cluster.GroupCommand.Append;
import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.log.Commit;
import dev.varve.log.LogException;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.RollPolicy;
import dev.varve.log.SyncPolicy;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.io.Disk;
import dev.varve.partition.PartitionError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The replica of a partition on this node: its log, which holds committed batches only. What changes it runs on the one thread that applies
 * the entries of the group; anybody may read.
 *
 * <p>The log itself is synced only now and then, for the Raft log has synced each entry, and gives it again after a crash. What the log
 * holds already then is told by its last sequence, and passed over.
 */
final class Replica {
    /** The place of a command in its entry, in the lowest bits of a sequence; the index of the entry is above. */
    private static final int PLACE_BITS = 20;

    private final PartitionId id;
    private final Disk disk;
    private final Path directory;
    private final long logId;
    private final Tails tails = new Tails();
    private volatile LogSettings settings;
    private volatile PartitionLog log;

    /** Of the batches that are to be stored with the next {@link #commit}, who waits for the result. */
    private final List<Integer> staged = new ArrayList<>();

    private Commit commit;
    /** What the log held when it was opened. */
    private final long recoveredSequence;

    private ReplayCursor replay;

    private Replica(PartitionId id, Disk disk, Path directory, long logId, LogSettings settings, PartitionLog log) {
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
     * @throws LogException as {@link PartitionLog#open}
     * @throws IllegalStateException if the log ends before that
     */
    static Replica open(
            PartitionId id, Disk disk, Path directory, long logId, LogSettings settings, long knownEndOffset) {
        PartitionLog log = PartitionLog.open(directory, options(disk, logId, settings));
        Replica replica = new Replica(id, disk, directory, logId, settings, log);
        if (log.logEndOffset() < knownEndOffset) {
            long end = log.logEndOffset();
            log.close();
            throw new IllegalStateException("the log in " + directory + " ends at offset " + end
                    + ", but was synced up to " + knownEndOffset + ": records are missing. Nothing was changed");
        }
        replica.replay = new ReplayCursor(log, Math.max(knownEndOffset, log.logStartOffset()));
        return replica;
    }

    private static LogOptions options(Disk disk, long logId, LogSettings settings) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withLogId(logId)
                .withSyncPolicy(SyncPolicy.none())
                .withMaxBatchBytes(RaftOptions.MAX_BATCH_BYTES)
                .withCompression(settings.compression())
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(settings.segmentBytes()));
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
    GroupResult stage(long term, long index, int place, Append append) {
        if (append.expectedEpoch().isPresent() && append.expectedEpoch().getAsLong() != term) {
            long expected = append.expectedEpoch().getAsLong();
            return new GroupResult.Refused(new PartitionError.StaleEpoch(
                    "the partition is in epoch " + term + ", not in " + expected + "; nothing was stored",
                    expected,
                    term));
        }
        long sequence = sequence(index, place);
        if (sequence <= recoveredSequence) {
            return settledBefore(sequence);
        }
        replay = null;
        try {
            commit.stageNumbered(term, sequence, append.records(), append.producer());
        } catch (LogException.BatchTooLarge | LogException.InvalidBatch e) {
            return GroupResult.Refused.of(e);
        }
        staged.add(place);
        return null;
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
            log = PartitionLog.open(directory, options(disk, logId, changed));
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
