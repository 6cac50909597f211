package dev.varve.server.client;

import dev.varve.log.format.NewRecord;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The records that wait for one partition, in order, of which a batch at a time is under way. A batch names its producer and where it
 * belongs, so it may be sent again until its fate is known, and is stored once. Guarded by the {@link RecordSender} that it belongs to.
 */
final class PartitionQueue {
    private final String topic;
    private final int partition;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private long producerId = newProducerId();
    private int sequence;

    /** What is to be sent, or sent again, before anything else; null if that is not settled yet. */
    private Batch current;

    /** Whether it waits in an outbox, or a batch of it is under way, or waits to be sent again. */
    private boolean isBusy;

    PartitionQueue(String topic, int partition) {
        this.topic = topic;
        this.partition = partition;
    }

    /** A record that waits. */
    record Waiting(NewRecord record, int bytes, CompletableFuture<Position> stored) {}

    /** Records that are stored together or not at all. */
    static final class Batch {
        private final PartitionQueue queue;
        private final List<Waiting> records;
        private final int bytes;
        private long producerId;
        private int sequence;
        private int failures;
        private long firstFailureNanos;

        private Batch(PartitionQueue queue, List<Waiting> records, int bytes) {
            this.queue = queue;
            this.records = records;
            this.bytes = bytes;
            this.producerId = queue.producerId;
            this.sequence = queue.sequence;
        }

        PartitionQueue queue() {
            return queue;
        }

        List<Waiting> records() {
            return records;
        }

        int size() {
            return records.size();
        }

        int bytes() {
            return bytes;
        }

        long producerId() {
            return producerId;
        }

        int sequence() {
            return sequence;
        }

        /**
         * It has failed for now. Whether it shall be sent again: once to each server, and then until so much time has passed since it
         * failed first. The time of an attempt that nobody answers does not count, or there might be none left for another server.
         */
        boolean failedForNow(Duration retryFor, int servers) {
            if (failures++ == 0) {
                firstFailureNanos = System.nanoTime();
            }
            return failures < servers || System.nanoTime() - firstFailureNanos < retryFor.toNanos();
        }

        /** How often it has failed for now. */
        int failures() {
            return failures;
        }

        /**
         * Whether nothing of it can be stored, for the log that refused it does not know the producer: it was deleted and made again, or has
         * forgotten it. Of one that was sent before nobody knows what became the first time.
         */
        boolean isOfForgottenProducer(VarveException problem) {
            return failures == 0
                    && sequence > 0
                    && problem.code().equals("out-of-sequence")
                    && problem.expectedSequence().orElse(-1) == 0;
        }
    }

    String topic() {
        return topic;
    }

    int partition() {
        return partition;
    }

    /** 63 random bits: nobody else has them. */
    private static long newProducerId() {
        return ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);
    }

    void add(Waiting record) {
        waiting.add(record);
    }

    /** Whether it has something to send and is not about to; it is from then on. */
    boolean claim() {
        boolean isClaimed = !isBusy && (current != null || !waiting.isEmpty());
        isBusy |= isClaimed;
        return isClaimed;
    }

    /** Whether nothing is to be done for it, now or later, unless another record comes. */
    boolean isIdle() {
        return !isBusy && current == null && waiting.isEmpty();
    }

    /** It may be claimed again. */
    void release() {
        isBusy = false;
    }

    /**
     * The batch that comes next.
     *
     * @param isAlone whether a record may be larger than the limit
     * @return null if not even one record fits
     */
    Batch next(int maxRecords, int maxBytes, boolean isAlone) {
        if (current != null) {
            boolean fits = current.size() <= maxRecords && current.bytes() <= maxBytes;
            return fits || isAlone ? current : null;
        }
        List<Waiting> records = new ArrayList<>();
        int bytes = 0;
        while (!waiting.isEmpty()
                && records.size() < maxRecords
                && (bytes + waiting.peek().bytes() <= maxBytes || (isAlone && records.isEmpty()))) {
            bytes += waiting.peek().bytes();
            records.add(waiting.remove());
        }
        if (records.isEmpty()) {
            return null;
        }
        current = new Batch(this, records, bytes);
        return current;
    }

    /** The batch is stored. */
    void stored() {
        sequence = (sequence + current.size()) & Integer.MAX_VALUE;
        current = null;
    }

    /** Nothing of the batch is stored: another producer is to send it, in the same place. */
    void beginAnew() {
        changeProducer();
        current.producerId = producerId;
        current.sequence = sequence;
    }

    private void changeProducer() {
        producerId = newProducerId();
        sequence = 0;
    }

    /**
     * The batch is given up. Of one that was refused for good the numbers are free; of any other they may be taken, so others are used, as
     * for a topic that may be made again.
     */
    void failed(VarveException problem) {
        if (problem.isForNow() || problem.isOfAnotherTopic()) {
            changeProducer();
        }
        current = null;
    }
}
