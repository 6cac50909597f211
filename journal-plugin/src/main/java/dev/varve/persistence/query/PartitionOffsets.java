package dev.varve.persistence.query;

import java.util.Arrays;
import org.apache.pekko.persistence.query.Offset;

/**
 * How far a query over several partitions has come: in each of them, the offset of the log from which on it has not seen the events yet.
 * To resume from it gives every later event, none twice; also in a query over fewer of the partitions. Those that it does not name have not
 * been read. Immutable.
 */
public final class PartitionOffsets extends Offset {
    private final int firstPartition;
    private final long[] nextOffsets;

    private PartitionOffsets(int firstPartition, long[] nextOffsets) {
        this.firstPartition = firstPartition;
        this.nextOffsets = nextOffsets;
    }

    /**
     * Offsets in neighbouring partitions.
     *
     * @param firstPartition the first of them, 0 or more
     * @param nextOffsets for it and those behind it, 0 or more each
     */
    public static PartitionOffsets of(int firstPartition, long... nextOffsets) {
        if (firstPartition < 0 || Arrays.stream(nextOffsets).anyMatch(offset -> offset < 0)) {
            throw new IllegalArgumentException("partition " + firstPartition + " and offsets "
                    + Arrays.toString(nextOffsets) + ": none may be below zero");
        }
        return new PartitionOffsets(firstPartition, nextOffsets.clone());
    }

    public int firstPartition() {
        return firstPartition;
    }

    /** How many partitions it names, from the first on. */
    public int partitions() {
        return nextOffsets.length;
    }

    /** From which offset on the log of a partition is to be read; 0 if it is not named. */
    public long nextOffset(int partition) {
        int index = partition - firstPartition;
        return index < 0 || index >= nextOffsets.length ? 0 : nextOffsets[index];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PartitionOffsets that
                && firstPartition == that.firstPartition
                && Arrays.equals(nextOffsets, that.nextOffsets);
    }

    @Override
    public int hashCode() {
        return 31 * firstPartition + Arrays.hashCode(nextOffsets);
    }

    @Override
    public String toString() {
        return "PartitionOffsets(from partition " + firstPartition + ": " + Arrays.toString(nextOffsets) + ")";
    }
}
