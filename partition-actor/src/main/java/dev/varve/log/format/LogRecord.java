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
 * @param keySequence the number of the record among those of its key, as its writer gave it; 0 if it gave none
 * @param value the value, or null
 * @param headers names and bytes that travel with the record
 */
public record LogRecord(
        long offset, long timestamp, byte[] key, long keySequence, byte[] value, List<RecordHeader> headers) {
    public LogRecord {
        headers = List.copyOf(Objects.requireNonNull(headers, "headers"));
    }

    /** A record that is not numbered among those of its key. */
    public LogRecord(long offset, long timestamp, byte[] key, byte[] value, List<RecordHeader> headers) {
        this(offset, timestamp, key, 0, value, headers);
    }

    /** The same record without its offset, as one would append it to another log. */
    public NewRecord toNewRecord() {
        return new NewRecord(timestamp, key, keySequence, value, headers);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LogRecord that
                && offset == that.offset
                && timestamp == that.timestamp
                && Arrays.equals(key, that.key)
                && keySequence == that.keySequence
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
