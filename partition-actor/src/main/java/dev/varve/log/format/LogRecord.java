package dev.varve.log.format;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A record as a log holds it.
 *
 * @param offset its place in the log, 0 or more; unique, increasing, never given to another record
 * @param timestamp milliseconds since 1970-01-01T00:00:00Z, as appended
 * @param key the key, or null
 * @param value the value, or null
 * @param headers names and bytes that travel with the record
 */
public record LogRecord(long offset, long timestamp, byte[] key, byte[] value, List<RecordHeader> headers) {
    public LogRecord {
        headers = List.copyOf(Objects.requireNonNull(headers, "headers"));
    }

    /** The same record without its offset, as one would append it to another log. */
    public NewRecord toNewRecord() {
        return new NewRecord(timestamp, key, value, headers);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LogRecord that
                && offset == that.offset
                && timestamp == that.timestamp
                && Arrays.equals(key, that.key)
                && Arrays.equals(value, that.value)
                && headers.equals(that.headers);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(offset) * 31 + toNewRecord().hashCode();
    }

    @Override
    public String toString() {
        return "LogRecord[offset=" + offset + ", " + toNewRecord() + "]";
    }
}
