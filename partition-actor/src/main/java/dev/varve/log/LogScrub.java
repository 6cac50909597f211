package dev.varve.log;

import java.util.function.LongConsumer;

/**
 * A walk over a log that is at work, in steps: every byte that a reader could meet, as {@link LogInspector#verify} walks it. Made by
 * {@link PartitionLog#beginScrub}. For one thread at a time.
 */
public final class LogScrub {
    private final Scrubs scrubs;
    private final LogWalk walk;
    private boolean isOver;

    LogScrub(Scrubs scrubs, LogWalk walk) {
        this.scrubs = scrubs;
        this.walk = walk;
    }

    /**
     * Walks one segment. What it finds damaged is in {@link PartitionLog#describe()} from then on, what else it finds when the walk
     * has ended; nothing is changed. A segment that the operating system cannot read is a finding.
     *
     * @param pace told the number of bytes walked since it was last told. It may block, for that is how the walk is paced, and ends
     *     the walk by throwing
     * @return whether there is more to walk
     * @throws LogException.Closed if the log was closed
     */
    public boolean walkOn(LongConsumer pace) {
        if (!isOver) {
            isOver = !scrubs.walkOn(walk, pace);
        }
        return !isOver;
    }

    /** How much was walked so far. */
    public LogInspector.Verified walked() {
        return walk.walked();
    }
}
