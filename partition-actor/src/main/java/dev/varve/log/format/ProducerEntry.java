package dev.varve.log.format;

import dev.varve.log.format.FrameHeader.Producer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a log remembers of a producer.
 *
 * @param id the producer
 * @param epoch the epoch of its last batch
 * @param lastSeen the time of the log when its last batch came: the greatest timestamp in the log up to there
 * @param batches its last batches of this epoch in the order of the log, one or more and at most {@link #MAX_BATCHES}
 */
public record ProducerEntry(long id, short epoch, long lastSeen, List<Batch> batches) {
    /** How many batches of a producer are remembered: so many may be under way without knowing of each other's fate. */
    public static final int MAX_BATCHES = 5;

    /**
     * A batch that is stored.
     *
     * @param firstSequence the producer's number for its first record
     * @param lastOffsetDelta the offset of its last record less the base offset, and so the same of the numbers
     * @param baseOffset the offset of its first record
     */
    public record Batch(int firstSequence, int lastOffsetDelta, long baseOffset) {}

    public ProducerEntry {
        batches = List.copyOf(batches);
        if (batches.isEmpty() || batches.size() > MAX_BATCHES) {
            throw new IllegalArgumentException("from 1 to " + MAX_BATCHES + " batches, not " + batches.size());
        }
    }

    /** A producer that has sent one batch. */
    public static ProducerEntry first(Producer producer, Batch batch, long seen) {
        return new ProducerEntry(producer.id(), producer.epoch(), seen, List.of(batch));
    }

    /** The same producer after one batch more; a batch of another epoch takes the place of all before it. */
    public ProducerEntry and(Producer producer, Batch batch, long seen) {
        if (producer.epoch() != epoch) {
            return first(producer, batch, seen);
        }
        List<Batch> last = new ArrayList<>(MAX_BATCHES);
        last.addAll(batches.subList(Math.max(0, batches.size() + 1 - MAX_BATCHES), batches.size()));
        last.add(batch);
        return new ProducerEntry(id, epoch, seen, last);
    }

    /** The number that its next batch of this epoch begins with. */
    public int nextSequence() {
        Batch last = batches.get(batches.size() - 1);
        return new Producer(id, epoch, last.firstSequence).nextSequence(last.lastOffsetDelta);
    }
}
