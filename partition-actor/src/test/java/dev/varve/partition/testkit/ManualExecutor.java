package dev.varve.partition.testkit;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;

/** Does what it is given when the test says so, on the test's thread: a disk as slow as one likes. Any thread may give. */
public final class ManualExecutor implements Executor {
    private final Deque<Runnable> given = new ArrayDeque<>();

    @Override
    public synchronized void execute(Runnable work) {
        given.add(work);
    }

    /** How much is waiting. */
    public synchronized int waiting() {
        return given.size();
    }

    /** Does the first thing that waits; false if there is none. */
    public boolean runOne() {
        Runnable work;
        synchronized (this) {
            work = given.poll();
        }
        if (work == null) {
            return false;
        }
        work.run();
        return true;
    }

    /** Does all that waits, and what comes of it. */
    public void runAll() {
        boolean ran = true;
        while (ran) {
            ran = runOne();
        }
    }
}
