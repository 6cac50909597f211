package dev.varve.log;

import java.util.List;

/** Where a log ends: the offset of what comes next, and the epoch and the sequence of the last frame. For one thread at a time. */
final class LogEnd {
    private long nextOffset;
    private long epoch;
    private long sequence;

    LogEnd(long nextOffset, long epoch, long sequence) {
        this.nextOffset = nextOffset;
        this.epoch = epoch;
        this.sequence = sequence;
    }

    /**
     * Gives each batch that leaves its place to the log the next one behind this end and those before it; checks a place that is given. The
     * end stays where it is.
     *
     * @param ownerEpoch the least epoch that is given
     * @param maxBatchBytes how large a batch may be
     * @throws LogException.BatchTooLarge if one is larger
     * @throws LogException.InvalidBatch if a given place does not follow the one before it, or there is none left
     * @throws LogException.StaleEpoch if a given epoch is below that of the log
     */
    void place(List<StagedBatch> batches, long ownerEpoch, int maxBatchBytes) {
        long offset = nextOffset;
        long lastEpoch = epoch;
        long lastSequence = sequence;
        for (StagedBatch batch : batches) {
            if (batch.frameBytes > maxBatchBytes) {
                // Staged for another log, which has another limit.
                throw new LogException.BatchTooLarge(batch.frameBytes, maxBatchBytes);
            }
            if (!batch.placed) {
                batch.baseOffset = offset;
            }
            if (!batch.numbered) {
                if (lastSequence == Long.MAX_VALUE) {
                    throw new LogException.InvalidBatch("sequences are used up");
                }
                batch.epoch = Math.max(lastEpoch, ownerEpoch);
                batch.sequence = lastSequence + 1;
            } else if (batch.epoch < lastEpoch) {
                throw new LogException.StaleEpoch(batch.epoch, lastEpoch);
            } else if (batch.sequence <= lastSequence || batch.baseOffset < offset) {
                throw new LogException.InvalidBatch("a batch at offset " + batch.baseOffset + ", sequence "
                        + batch.sequence + " does not follow the log, which is at offset " + offset + ", sequence "
                        + lastSequence);
            }
            if (batch.lastOffset() < batch.baseOffset || batch.lastOffset() == Long.MAX_VALUE) {
                throw new LogException.InvalidBatch("offsets are used up at " + batch.baseOffset);
            }
            lastEpoch = batch.epoch;
            lastSequence = batch.sequence;
            offset = batch.lastOffset() + 1;
        }
    }

    /** A batch was written, and is the last one. */
    void moveBehind(StagedBatch last) {
        nextOffset = last.lastOffset() + 1;
        epoch = last.epoch;
        sequence = last.sequence;
    }

    /** What comes next has this offset, or a greater one. */
    void skipTo(long offset) {
        nextOffset = Math.max(nextOffset, offset);
    }

    long nextOffset() {
        return nextOffset;
    }

    long epoch() {
        return epoch;
    }

    long sequence() {
        return sequence;
    }
}
