package dev.varve.log.format;

import java.util.Arrays;
import java.util.Objects;

/**
 * A header of a record: a name and bytes, which the log carries and never interprets.
 *
 * @param key the name, not null; names may repeat within a record
 * @param value the bytes, not null; not copied, so not to be changed afterwards
 */
public record RecordHeader(String key, byte[] value) {
    public RecordHeader {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(value, "value");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RecordHeader that && key.equals(that.key) && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return 31 * key.hashCode() + Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return "RecordHeader[" + key + ", " + value.length + " bytes]";
    }
}
