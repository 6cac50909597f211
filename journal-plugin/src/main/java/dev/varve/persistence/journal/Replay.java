package dev.varve.persistence.journal;

import dev.varve.log.format.LogRecord;
import dev.varve.partition.PartitionActor.KeyRecords;
import dev.varve.persistence.storage.PartitionRequests;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Reads the events of one persistence id, in order, a bounded step at a time: while one step is handed over the next is read. So it holds
 * two steps at most.
 */
final class Replay {
    /** Two of them are a megabyte. */
    private static final int STEP_BYTES = 512 << 10;

    private final PartitionRequests requests;
    private final int partition;
    private final byte[] key;
    private final long to;
    private final Consumer<StoredEvent> consumer;
    private final Executor executor;
    private long from;
    private long left;
    private long offset;

    /**
     * @param from the least sequence number wanted
     * @param to the greatest sequence number wanted
     * @param max how many at most
     * @param consumer is given the events, on the executor
     */
    Replay(
            PartitionRequests requests,
            String persistenceId,
            long from,
            long to,
            long max,
            Consumer<StoredEvent> consumer,
            Executor executor) {
        this.requests = requests;
        this.partition = requests.partitions().partitionOf(persistenceId);
        this.key = StoredEvent.key(persistenceId);
        this.from = Math.max(1, from);
        this.to = to;
        this.left = max;
        this.consumer = consumer;
        this.executor = executor;
    }

    CompletionStage<Void> run() {
        return from > to || left <= 0 ? CompletableFuture.completedFuture(null) : hand(read());
    }

    private CompletionStage<KeyRecords> read() {
        return requests.readKey(partition, key, from, offset, STEP_BYTES);
    }

    private CompletionStage<Void> hand(CompletionStage<KeyRecords> step) {
        return step.thenComposeAsync(
                read -> {
                    offset = read.nextOffset();
                    boolean goesOn = !read.isComplete() && !reachesEnd(read);
                    CompletionStage<KeyRecords> next = goesOn ? read() : null;
                    for (LogRecord record : read.records()) {
                        if (record.keySequence() > to || left == 0) {
                            return CompletableFuture.completedFuture(null);
                        }
                        left--;
                        consumer.accept(StoredEvent.of(record));
                    }
                    return next == null || left == 0 ? CompletableFuture.completedFuture(null) : hand(next);
                },
                executor);
    }

    private boolean reachesEnd(KeyRecords read) {
        int count = read.records().size();
        return count >= left || (count > 0 && read.records().get(count - 1).keySequence() >= to);
    }
}
