package dev.varve.log;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader.Producer;

/**
 * A batch of a {@link Commit}: where its frame lies in the buffer, its place in the log, asked for or given, and what became of
 * it. For one thread at a time.
 */
final class StagedBatch {
    final int start;
    final int frameBytes;
    final FrameCodec.Content content;
    final boolean placed;
    /** What must be so for it to be stored; null if nothing. */
    final KeyCondition condition;
    /** What the key index will have to know; null if nothing. */
    final BatchKeys keys;

    /** Whether epoch and sequence are given, as they are of every batch that is placed. */
    boolean numbered;

    long epoch;
    long sequence;
    long baseOffset;
    private boolean stored;
    private boolean duplicate;
    private LogException refusal;
    /** The batch of this commit without which the judgement on this one is void, or null. */
    private StagedBatch restsOn;
    /** Where in its segment the frame begins, once it is written. */
    long position;

    StagedBatch(
            int start,
            int frameBytes,
            FrameCodec.Content content,
            boolean placed,
            KeyCondition condition,
            BatchKeys keys) {
        this.start = start;
        this.frameBytes = frameBytes;
        this.content = content;
        this.placed = placed;
        this.condition = condition;
        this.keys = keys;
    }

    void number(long givenEpoch, long givenSequence) {
        numbered = true;
        epoch = givenEpoch;
        sequence = givenSequence;
    }

    Producer producer() {
        return content.producer();
    }

    int lastOffsetDelta() {
        return content.lastOffsetDelta();
    }

    long lastOffset() {
        return baseOffset + content.lastOffsetDelta();
    }

    /** Forgets what became of it the last time. */
    void begin() {
        stored = false;
        duplicate = false;
        refusal = null;
        restsOn = null;
    }

    void store() {
        stored = true;
    }

    /** This is the same as a batch that the log holds. */
    void repeats(long storedBaseOffset) {
        duplicate = true;
        baseOffset = storedBaseOffset;
    }

    /** This is the same as a batch that this commit is to store. */
    void repeats(StagedBatch original) {
        duplicate = true;
        restsOn = original;
    }

    /** This must not be stored, provided that another batch of this commit is, if one is given. */
    void refuse(LogException reason, StagedBatch provided) {
        refusal = reason;
        restsOn = provided;
    }

    Commit.Outcome outcome() {
        if (stored) {
            return Commit.Outcome.STORED;
        }
        if (restsOn != null && !restsOn.stored) {
            return Commit.Outcome.UNSETTLED;
        }
        if (duplicate) {
            return Commit.Outcome.DUPLICATE;
        }
        return refusal == null ? Commit.Outcome.UNSETTLED : Commit.Outcome.REFUSED;
    }

    /** Why it is refused; null if it is not. */
    LogException refusal() {
        return refusal;
    }

    /** The offset of its first record, or of that of the batch which it repeats. */
    long firstOffset() {
        return duplicate && restsOn != null ? restsOn.baseOffset : baseOffset;
    }
}
