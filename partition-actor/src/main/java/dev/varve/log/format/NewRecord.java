package dev.varve.log.format;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A record on its way into a log, which will give it an offset.
 *
 * @param timestamp milliseconds since 1970-01-01T00:00:00Z; any value, they need not increase
 * @param key the key, or null; not copied, so not to be changed until the append has been answered
 * @param keySequence the number of the record among those of its key, as its writer counts them: a sequence number of a persistence
 *     id, a revision of a state. 0 or more, and 0 without a key; the log carries it, and finds the records of a key by it
 * @param value the value, or null (which compaction takes for a deletion of the key); not copied either
 * @param headers names and bytes that travel with the record
 */
public record NewRecord(long timestamp, byte[] key, long keySequence, byte[] value, List<RecordHeader> headers) {
    public NewRecord {
        if (keySequence < 0 || (key == null && keySequence != 0)) {
            throw new IllegalArgumentException(
                    "a key sequence must be 0 or more, and 0 without a key, not " + keySequence);
        }
        headers = List.copyOf(Objects.requireNonNull(headers, "headers"));
    }

    /** A record that is not numbered among those of its key. */
    public NewRecord(long timestamp, byte[] key, byte[] value, List<RecordHeader> headers) {
        this(timestamp, key, 0, value, headers);
    }

    /** A record without key and headers. */
    public static NewRecord of(long timestamp, byte[] value) {
        return new NewRecord(timestamp, null, value, List.of());
    }

    /** A record with a key and without headers. */
    public static NewRecord of(long timestamp, byte[] key, byte[] value) {
        return new NewRecord(timestamp, key, value, List.of());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NewRecord that
                && timestamp == that.timestamp
                && Arrays.equals(key, that.key)
                && keySequence == that.keySequence
                && Arrays.equals(value, that.value)
                && headers.equals(that.headers);
    }

    @Override
    public int hashCode() {
        return (((Long.hashCode(timestamp) * 31 + Arrays.hashCode(key)) * 31 + Long.hashCode(keySequence)) * 31
                                + Arrays.hashCode(value))
                        * 31
                + headers.hashCode();
    }

    @Override
    public String toString() {
        return "NewRecord[timestamp=" + timestamp + ", key=" + length(key) + ", keySequence=" + keySequence
                + ", value=" + length(value) + ", headers="
                + headers + "]";
    }

    private static String length(byte[] bytes) {
        return bytes == null ? "null" : bytes.length + " bytes";
    }
}
