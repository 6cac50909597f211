package dev.varve.server.cli;

import dev.varve.log.Commit;
import dev.varve.log.PartitionLog;
import dev.varve.log.format.FrameLayout;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordCodec;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts records into batches and batches into commits, so that many batches share one write and one sync. Counts what the
 * log has taken and tells of each acknowledged record. For one thread.
 */
final class Appender {
    /** A commit is written when the next batch would make it larger; the memory of one of this size is kept. */
    private static final int COMMIT_BYTES = 4 << 20;

    /** By how much the encoding of a record may grow with its place in the batch: four bytes of offset, nine of timestamp. */
    private static final int MAX_DELTA_BYTES = 4 + 9;

    private static final int PADDING_BYTES = FrameLayout.ALIGNMENT - 1;

    private final PartitionLog log;
    private final int maxBatchRecords;
    private final int maxRecordBytes;
    private final Acknowledgements acknowledgements;
    private final Commit commit;
    /** For each staged batch how many bytes of lines it holds. */
    private final List<Long> stagedLineBytes = new ArrayList<>();

    private final List<NewRecord> batch = new ArrayList<>();
    /** The greatest size that the records of the unfinished batch may have when they are encoded. */
    private long batchBytes;

    private long batchLineBytes;
    private long records;
    private long lineBytes;
    private long firstOffset = -1;
    private long lastOffset = -1;

    /** Told of records when they are as durable as the policy says. */
    interface Acknowledgements {
        /** All records of a commit that were acknowledged, in order; more than one call may come for a commit. */
        void acknowledged(long firstOffset, long lastOffset);
    }

    Appender(PartitionLog log, int maxBatchRecords, int maxBatchBytes, Acknowledgements acknowledgements) {
        this.log = log;
        this.maxBatchRecords = maxBatchRecords;
        this.maxRecordBytes = maxBatchBytes - FrameLayout.HEADER_BYTES - PADDING_BYTES;
        this.acknowledgements = acknowledgements;
        this.commit = log.newCommit();
    }

    /** Adds records, each of which fits a batch; commits when there is much. */
    void add(List<NewRecord> added) {
        for (NewRecord record : added) {
            long bytes = RecordCodec.encodedBytes(record, 0, 0) + MAX_DELTA_BYTES;
            if (batchBytes + bytes > maxRecordBytes) {
                finishBatch();
            }
            batch.add(record);
            batchBytes += bytes;
            batchLineBytes += lineBytes(record);
            if (batch.size() == maxBatchRecords) {
                finishBatch();
            }
        }
    }

    private static long lineBytes(NewRecord record) {
        return (record.key() == null ? 0 : record.key().length) + record.value().length;
    }

    /** Stages the unfinished batch, if there is one. */
    void finishBatch() {
        if (batch.isEmpty()) {
            return;
        }
        if (commit.batches() > 0 && commit.bytes() + FrameLayout.HEADER_BYTES + batchBytes > COMMIT_BYTES) {
            commit();
        }
        commit.stage(batch);
        stagedLineBytes.add(batchLineBytes);
        batch.clear();
        batchBytes = 0;
        batchLineBytes = 0;
    }

    /** Commits the finished batches, if there are any. What the log took is counted and acknowledged even if it throws. */
    void commit() {
        if (commit.batches() == 0) {
            return;
        }
        try {
            log.commit(commit);
        } finally {
            count();
            commit.clear();
            stagedLineBytes.clear();
        }
    }

    private void count() {
        int stored = commit.storedBatches();
        for (int i = 0; i < stored; i++) {
            long first = commit.baseOffset(i);
            long last = commit.lastOffset(i);
            firstOffset = firstOffset < 0 ? first : firstOffset;
            lastOffset = last;
            records += last - first + 1;
            lineBytes += stagedLineBytes.get(i);
        }
        if (stored > 0) {
            acknowledgements.acknowledged(commit.baseOffset(0), commit.lastOffset(stored - 1));
        }
    }

    boolean hasFinishedBatches() {
        return commit.batches() > 0;
    }

    boolean hasUnfinishedBatch() {
        return !batch.isEmpty();
    }

    /** How many records the log has taken. */
    long records() {
        return records;
    }

    /** How many bytes the keys and values of these records have. */
    long lineBytes() {
        return lineBytes;
    }

    /** The offset of the first record that the log has taken; -1 if it has taken none. */
    long firstOffset() {
        return firstOffset;
    }

    /** The offset of the last record that the log has taken; -1 if it has taken none. */
    long lastOffset() {
        return lastOffset;
    }
}
