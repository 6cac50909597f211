package dev.varve.persistence.journal;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.dispatch.Batchable;

/**
 * Gives answers on a dispatcher, all that are there at a time in one task of it. A commit settles the writes of a hundred actors at once; a
 * task for each would cost more than the answers. Thread-safe.
 */
final class Answers implements Batchable {
    private final Executor dispatcher;
    private final Queue<Runnable> given = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean isScheduled = new AtomicBoolean();

    Answers(Executor dispatcher) {
        this.dispatcher = dispatcher;
    }

    void give(Runnable answer) {
        given.add(answer);
        schedule();
    }

    private void schedule() {
        if (isScheduled.compareAndSet(false, true)) {
            dispatcher.execute(this);
        }
    }

    /** What the answers have the dispatcher do becomes part of the same task. */
    @Override
    public boolean isBatchable() {
        return true;
    }

    @Override
    public void run() {
        isScheduled.set(false);
        for (Runnable answer = given.poll(); answer != null; answer = given.poll()) {
            answer.run();
        }
    }
}
