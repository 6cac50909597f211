package dev.varve.log;

import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.MalformedBatchException;
import dev.varve.log.format.RecordBatch;
import java.nio.file.Path;
import java.util.List;

/**
 * A batch as a read found it, its checksums right, its records still encoded. Immutable; any thread.
 *
 * @param file the segment file that it was read from
 * @param position where in the file it begins
 * @param batch the batch
 */
public record StoredBatch(Path file, long position, RecordBatch batch) {

    public FrameHeader header() {
        return batch.header();
    }

    /**
     * All records of the batch, decompressed and decoded anew by each call.
     *
     * @throws LogException.CorruptRecord if they are not what the batch's fields promise; none is given then
     * @throws LogException.CodecUnavailable if they are compressed in a way that this process has no means for
     */
    public List<LogRecord> records() {
        try {
            return batch.records();
        } catch (MalformedBatchException e) {
            throw new LogException.CorruptRecord(
                    file, position, header().baseOffset(), header().lastOffset(), e.getMessage());
        } catch (CodecUnavailableException e) {
            throw new LogException.CodecUnavailable(file, position, header().baseOffset(), header().lastOffset(), e);
        }
    }
}
