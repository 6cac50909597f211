package dev.varve.server.client;

import dev.varve.log.format.LogRecord;
import java.util.List;

/**
 * What was read of a partition.
 *
 * @param logStartOffset the least offset that can be read
 * @param highWatermark the offset behind the last one that can be read
 * @param nextOffset where to read on; there may be gaps before it
 * @param records in order; empty if there was nothing to read
 */
public record Fetched(long logStartOffset, long highWatermark, long nextOffset, List<LogRecord> records) {
    public Fetched {
        records = List.copyOf(records);
    }
}
