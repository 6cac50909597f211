package dev.varve.partition;

import dev.varve.log.LogException;
import dev.varve.log.PartitionLog;
import dev.varve.log.ReadResult;
import dev.varve.log.StoredBatch;
import dev.varve.log.format.LogRecord;
import dev.varve.partition.PartitionActor.Failure;
import dev.varve.partition.PartitionActor.OffsetFound;
import dev.varve.partition.PartitionActor.OffsetReply;
import dev.varve.partition.PartitionActor.ReadFailed;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Records;
import java.util.ArrayList;
import java.util.List;

/** Turns what a log gives or throws into answers. Blocks for the disk; any thread that may. */
final class LogReader {
    private LogReader() {}

    static ReadReply read(PartitionLog log, long offset, int maxBytes) {
        try {
            return decode(log.read(offset, maxBytes));
        } catch (LogException e) {
            return new ReadFailed(offset, PartitionError.of(e));
        }
    }

    /** Decodes batch by batch, so that those before one that cannot be decoded are given; whoever reads on is told of that one. */
    private static ReadReply decode(ReadResult result) {
        List<LogRecord> records = new ArrayList<>();
        long next = result.nextOffset();
        for (StoredBatch batch : result.batches()) {
            try {
                for (LogRecord record : batch.records()) {
                    if (record.offset() >= result.fromOffset()) {
                        records.add(record);
                    }
                }
            } catch (LogException e) {
                if (records.isEmpty()) {
                    throw e;
                }
                next = batch.header().baseOffset();
                break;
            }
        }
        return new Records(result.fromOffset(), next, result.logStartOffset(), result.logEndOffset(), records);
    }

    static OffsetReply offsetForTimestamp(PartitionLog log, long timestamp) {
        try {
            return new OffsetFound(log.offsetForTimestamp(timestamp));
        } catch (LogException e) {
            return new Failure(PartitionError.of(e));
        }
    }
}
