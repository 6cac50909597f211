package dev.varve.server.client;

import dev.varve.server.client.PartitionQueue.Batch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** What is to be sent to one server, one request at a time. Guarded by the {@link RecordSender} that it belongs to. */
final class Outbox {
    private final int server;
    private final int maxRecords;
    private final int maxBytes;
    private final Deque<PartitionQueue> ready = new ArrayDeque<>();
    private Attempt underWay;

    /**
     * @param maxRecords how many records a request may have
     * @param maxBytes how many bytes they may have, unless there is one only
     */
    Outbox(int server, int maxRecords, int maxBytes) {
        this.server = server;
        this.maxRecords = maxRecords;
        this.maxBytes = maxBytes;
    }

    /** A request, and what it carries. */
    static final class Attempt {
        private final int server;
        private final List<Batch> batches;
        private final long startNanos = System.nanoTime();
        private boolean isSettled;

        private Attempt(int server, List<Batch> batches) {
            this.server = server;
            this.batches = batches;
        }

        int server() {
            return server;
        }

        List<Batch> batches() {
            return batches;
        }

        long ageNanos() {
            return System.nanoTime() - startNanos;
        }

        /** Whether this is the first to say so: of an answer and of losing patience, one counts. */
        boolean settle() {
            boolean isFirst = !isSettled;
            isSettled = true;
            return isFirst;
        }
    }

    /** The next request, with a batch of each partition that has something to send, as many as fit; null if there is none, or one is under way. */
    Attempt next() {
        if (underWay != null || ready.isEmpty()) {
            return null;
        }
        List<Batch> batches = new ArrayList<>();
        int records = 0;
        int bytes = 0;
        while (!ready.isEmpty()) {
            Batch batch = ready.peek().next(maxRecords - records, maxBytes - bytes, batches.isEmpty());
            if (batch == null) {
                break;
            }
            ready.remove();
            batches.add(batch);
            records += batch.size();
            bytes += batch.bytes();
        }
        underWay = new Attempt(server, batches);
        return underWay;
    }

    void add(PartitionQueue queue) {
        ready.add(queue);
    }

    /** The request that is under way; null if none is. */
    Attempt underWay() {
        return underWay;
    }

    /** The way is free for the next one. */
    void free(Attempt attempt) {
        if (underWay == attempt) {
            underWay = null;
        }
    }
}
