package dev.varve.log;

import dev.varve.log.format.LogRecord;
import java.util.List;

/**
 * What a read of one key gave. Immutable.
 *
 * @param records the records of the key in the order of the log
 * @param nextOffset from which offset on to read the rest
 * @param isComplete whether there is no rest, for now
 */
public record KeyedRead(List<LogRecord> records, long nextOffset, boolean isComplete) {
    public KeyedRead {
        records = List.copyOf(records);
    }
}
