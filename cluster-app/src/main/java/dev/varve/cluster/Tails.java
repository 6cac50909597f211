package dev.varve.cluster;

import dev.varve.log.PartitionLog;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Those who wait for the end of a log to move, or for a record of a key. Any thread. */
final class Tails {
    /** How many may wait for one partition. */
    static final int MAX_WAITING = 10_000;

    private record Waiting(long knownEndOffset, CompletableFuture<Boolean> moved) {}

    private final List<Waiting> all = new ArrayList<>();
    private final KeyTails keys = new KeyTails();
    private boolean ended;

    /** More wait than may. */
    static final class TooManyException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooManyException() {
            super(MAX_WAITING + " wait for this partition already. Ask again a little later");
        }
    }

    /**
     * Waits for the log end offset to be above this one.
     *
     * @param now the log, which may have moved already
     * @return completes with false if the partition goes away; complete it to give up. Completed by the thread that applies entries, so
     *     whatever comes behind it belongs on another one
     * @throws TooManyException if more wait than may
     */
    CompletableFuture<Boolean> await(PartitionLog now, long knownEndOffset) {
        CompletableFuture<Boolean> moved = new CompletableFuture<>();
        synchronized (this) {
            if (ended) {
                return CompletableFuture.completedFuture(false);
            }
            if (now.logEndOffset() > knownEndOffset) {
                return CompletableFuture.completedFuture(true);
            }
            // Those who gave up make room for others.
            all.removeIf(each -> each.moved().isDone());
            if (all.size() >= MAX_WAITING) {
                throw new TooManyException();
            }
            all.add(new Waiting(knownEndOffset, moved));
        }
        return moved;
    }

    /** The log has become longer. */
    void moved(PartitionLog log) {
        List<Waiting> due = new ArrayList<>();
        synchronized (this) {
            for (Iterator<Waiting> each = all.iterator(); each.hasNext(); ) {
                Waiting waiting = each.next();
                if (log.logEndOffset() > waiting.knownEndOffset()) {
                    each.remove();
                    due.add(waiting);
                }
            }
        }
        due.forEach(waiting -> waiting.moved().complete(true));
    }

    /** Another log has taken the place of the one that was waited for, and may have records that this one never had. */
    void replaced(PartitionLog log) {
        moved(log);
        keys.tellAll();
    }

    /** Those who wait for a record of a key. */
    KeyTails keys() {
        return keys;
    }

    /** The partition goes away. */
    void end() {
        List<Waiting> left;
        synchronized (this) {
            ended = true;
            left = List.copyOf(all);
            all.clear();
        }
        left.forEach(waiting -> waiting.moved().complete(false));
        keys.end();
    }
}
