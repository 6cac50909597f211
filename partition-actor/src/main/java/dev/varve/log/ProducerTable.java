package dev.varve.log;

import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.ProducerEntry;
import dev.varve.log.format.ProducerEntry.Batch;
import dev.varve.log.format.ProducerSnapshot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a log remembers of its producers, in the order of their last batches. A function of the batches of the log, in their
 * order, and of two bounds; no clock has a part in it, so that replicas with the same bounds remember the same.
 *
 * <p>The time of the log is the greatest timestamp in it, and a producer was last seen at the time that the log had with its last
 * batch, whatever the timestamps of that batch, for old records may be sent today. A producer is forgotten when
 * {@link LogOptions#producerExpiry} has passed since, or when {@link LogOptions#maxProducers} others have sent batches since. The last
 * {@link #ALWAYS_REMEMBERED} are not forgotten for the sake of time: one timestamp from the far future would let the log forget
 * all who are at work. For one thread at a time.
 */
final class ProducerTable {
    /** So many producers are remembered whatever the time, if the bound on their number allows. */
    static final int ALWAYS_REMEMBERED = 100;

    private final long expiryMillis;
    private final int maxProducers;
    private final Map<Long, ProducerEntry> byId = new LinkedHashMap<>();
    private long greatestTimestamp = Long.MIN_VALUE;

    ProducerTable(LogOptions options) {
        this.expiryMillis = Delays.millis(options.producerExpiry());
        this.maxProducers = options.maxProducers();
    }

    /** A table that goes on from a snapshot. */
    ProducerTable(LogOptions options, ProducerSnapshot snapshot) {
        this(options);
        greatestTimestamp = snapshot.greatestTimestamp();
        snapshot.producers().forEach(producer -> byId.put(producer.id(), producer));
        forget();
    }

    /** What is remembered of a producer, or null. */
    ProducerEntry get(long id) {
        return byId.get(id);
    }

    /** All that are remembered. */
    Collection<ProducerEntry> all() {
        return byId.values();
    }

    int size() {
        return byId.size();
    }

    /**
     * Takes note of a batch of the log. Nothing is checked: what is in the log is so.
     *
     * @param producer who sent it, or null
     */
    void add(Producer producer, int lastOffsetDelta, long baseOffset, long maxTimestamp) {
        greatestTimestamp = Math.max(greatestTimestamp, maxTimestamp);
        if (producer != null) {
            Batch batch = new Batch(producer.firstSequence(), lastOffsetDelta, baseOffset);
            // Taken out and put in again, it is the last in order.
            ProducerEntry before = byId.remove(producer.id());
            byId.put(
                    producer.id(),
                    before == null
                            ? ProducerEntry.first(producer, batch, greatestTimestamp)
                            : before.and(producer, batch, greatestTimestamp));
        }
        forget();
    }

    private void forget() {
        if (byId.size() <= Math.min(ALWAYS_REMEMBERED, maxProducers)) {
            return;
        }
        Iterator<ProducerEntry> eldestFirst = byId.values().iterator();
        while (byId.size() > maxProducers
                || (byId.size() > ALWAYS_REMEMBERED
                        && isExpired(byId.values().iterator().next()))) {
            eldestFirst.next();
            eldestFirst.remove();
        }
    }

    private boolean isExpired(ProducerEntry producer) {
        long age = greatestTimestamp - producer.lastSeen();
        // Below zero is more than a number can say.
        return age < 0 || age > expiryMillis;
    }

    /** All this, as of a position in a segment behind a frame of this epoch and sequence. */
    ProducerSnapshot snapshot(long logId, long segmentId, long coveredBytes, long epoch, long sequence) {
        return new ProducerSnapshot(
                logId, segmentId, coveredBytes, epoch, sequence, greatestTimestamp, new ArrayList<>(byId.values()));
    }
}
