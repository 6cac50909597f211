package dev.varve.persistence.query;

import dev.varve.persistence.storage.Partitions;
import org.apache.pekko.persistence.query.NoOffset$;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.Sequence;

/**
 * How far a running query over neighbouring partitions has come: made from the offset that it begins behind, and makes those that it gives
 * out. In one partition they are {@link Sequence}s, the offset in the log plus one, so that 0 is before the first event; in several,
 * {@link PartitionOffsets}. For one stream.
 */
public final class Positions {
    private final int first;
    private final long[] next;

    private Positions(int first, long[] next) {
        this.first = first;
        this.next = next;
    }

    /**
     * Behind an offset.
     *
     * @param first the first partition
     * @param count how many there are
     * @throws IllegalArgumentException if it is no offset of such a query
     */
    public static Positions behind(Offset offset, int first, int count, Partitions partitions) {
        long[] next = new long[count];
        if (offset instanceof Sequence sequence && (count == 1 || sequence.value() == 0)) {
            if (sequence.value() < 0) {
                throw new IllegalArgumentException(offset + " is no offset of this journal: they begin at 0");
            }
            next[0] = sequence.value();
        } else if (offset instanceof PartitionOffsets offsets) {
            if (offsets.firstPartition() > partitions.count() - offsets.partitions()) {
                throw new IllegalArgumentException(
                        offset + " is of another journal: this one has " + partitions.count() + " partitions");
            }
            for (int i = 0; i < count; i++) {
                next[i] = offsets.nextOffset(first + i);
            }
        } else if (offset != NoOffset$.MODULE$) {
            throw new IllegalArgumentException(
                    offset + " is no offset of this query: over "
                            + (count == 1
                                    ? "one partition they are Sequence"
                                    : count + " partitions they are PartitionOffsets")
                            + ". A query can begin from NoOffset, from an offset that it gave out before, or from a TimestampOffset");
        }
        return new Positions(first, next);
    }

    /** At these offsets. */
    public static Positions at(int first, long[] next) {
        return new Positions(first, next.clone());
    }

    /** The same, to go another way. */
    public Positions copy() {
        return at(first, next);
    }

    public int first() {
        return first;
    }

    public int count() {
        return next.length;
    }

    public long next(int partition) {
        return next[partition - first];
    }

    /** A record was read. */
    public void passed(int partition, long offset) {
        next[partition - first] = offset + 1;
    }

    /** Behind all that was read. */
    public Offset offset() {
        return next.length == 1 ? new Sequence(next[0]) : PartitionOffsets.of(first, next);
    }
}
