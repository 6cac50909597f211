package dev.varve.log;

import dev.varve.log.format.LogRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a read gave. Immutable; holds the bytes that were read and decodes records when asked.
 *
 * @param fromOffset the offset that was asked for; a batch may begin before it, {@link #forEach} skips what lies below
 * @param nextOffset where to read on; larger than {@code fromOffset} if there is any batch, or a gap of offsets was passed
 *     over that no record has, else equal to it
 * @param logStartOffset the log start offset at the time
 * @param logEndOffset the log end offset at the time
 * @param batches the batches in order
 */
public record ReadResult(
        long fromOffset, long nextOffset, long logStartOffset, long logEndOffset, List<StoredBatch> batches) {
    public ReadResult {
        batches = List.copyOf(batches);
    }

    /** Whether there was nothing to read: "no data yet" from {@code nextOffset} on. */
    public boolean isEmpty() {
        return batches.isEmpty();
    }

    /**
     * Hands over the records from {@code fromOffset} on, in order.
     *
     * @throws LogException.CorruptRecord at a batch whose records are not what its fields promise; those of the batches
     *     before it have been handed over
     * @throws LogException.CodecUnavailable at a batch that this process has no means to decompress; likewise
     */
    public void forEach(Consumer<? super LogRecord> action) {
        for (StoredBatch batch : batches) {
            for (LogRecord record : batch.records()) {
                if (record.offset() >= fromOffset) {
                    action.accept(record);
                }
            }
        }
    }

    /**
     * The records from {@code fromOffset} on, in order, all decoded.
     *
     * @throws LogException as {@link #forEach}
     */
    public List<LogRecord> records() {
        List<LogRecord> records = new ArrayList<>();
        forEach(records::add);
        return records;
    }
}
