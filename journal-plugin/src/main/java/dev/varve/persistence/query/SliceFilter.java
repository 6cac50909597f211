package dev.varve.persistence.query;

import dev.varve.log.format.LogRecord;
import dev.varve.persistence.journal.StoredEvent;
import dev.varve.persistence.storage.Partitions;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Whose records a query by slice gives: those of the entities of one type in a range of slices.
 *
 * @param entityType in UTF-8
 */
public record SliceFilter(byte[] entityType, int minSlice, int maxSlice) {
    private static final byte SEPARATOR = '|';

    /** @throws IllegalArgumentException if there are no such slices */
    public static SliceFilter of(String entityType, int minSlice, int maxSlice) {
        if (minSlice < 0 || maxSlice >= Partitions.SLICES || minSlice > maxSlice) {
            throw new IllegalArgumentException(
                    "slices from " + minSlice + " to " + maxSlice + ": they go from 0 to " + (Partitions.SLICES - 1));
        }
        return new SliceFilter(entityType.getBytes(StandardCharsets.UTF_8), minSlice, maxSlice);
    }

    /**
     * The event of a record, or null if it is not wanted.
     *
     * @throws StoredEvent.MalformedEventException if there is none that this version knows
     */
    StoredEvent wanted(LogRecord record) {
        byte[] key = record.key();
        return key == null || includes(key) ? StoredEvent.of(record) : null;
    }

    /** Whether a persistence id, as a key of a log, is among them. */
    public boolean includes(byte[] key) {
        return isOfType(key) && isInRange(key);
    }

    private boolean isOfType(byte[] key) {
        int end = 0;
        while (end < key.length && key[end] != SEPARATOR) {
            end++;
        }
        int length = end == key.length ? 0 : end;
        return length == entityType.length && Arrays.equals(key, 0, length, entityType, 0, length);
    }

    private boolean isInRange(byte[] key) {
        if (minSlice == 0 && maxSlice == Partitions.SLICES - 1) {
            return true;
        }
        int slice = Partitions.slice(new String(key, StandardCharsets.UTF_8));
        return slice >= minSlice && slice <= maxSlice;
    }
}
