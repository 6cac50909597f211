package dev.varve.cluster;

import java.util.concurrent.atomic.AtomicInteger;

/** How far a node has got that opens the logs on its disk. Any thread. */
public final class Recovery {
    private final AtomicInteger found = new AtomicInteger();
    private final AtomicInteger opened = new AtomicInteger();

    void found(int partitions) {
        found.addAndGet(partitions);
    }

    void opened() {
        opened.incrementAndGet();
    }

    /** In words, for people. Groups are read at the same time, so there may turn out to be more partitions. */
    @Override
    public String toString() {
        return opened + " of " + found + " partitions are opened";
    }
}
