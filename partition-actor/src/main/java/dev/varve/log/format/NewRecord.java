package dev.varve.log.format;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A record on its way into a log, which will give it an offset.
 *
 * @param timestamp milliseconds since 1970-01-01T00:00:00Z; any value, they need not increase
 * @param key the key, or null; not copied, so not to be changed until the append has been answered
 * @param value the value, or null (which compaction takes for a deletion of the key); not copied either
 * @param headers names and bytes that travel with the record
 */
public record NewRecord(long timestamp, byte[] key, byte[] value, List<RecordHeader> headers) {
    public NewRecord {
        headers = List.copyOf(Objects.requireNonNull(headers, "headers"));
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
                && Arrays.equals(value, that.value)
                && headers.equals(that.headers);
    }

    @Override
    public int hashCode() {
        return ((Long.hashCode(timestamp) * 31 + Arrays.hashCode(key)) * 31 + Arrays.hashCode(value)) * 31
                + headers.hashCode();
    }

    @Override
    public String toString() {
        return "NewRecord[timestamp=" + timestamp + ", key=" + length(key) + ", value=" + length(value) + ", headers="
                + headers + "]";
    }

    private static String length(byte[] bytes) {
        return bytes == null ? "null" : bytes.length + " bytes";
    }
}
