package dev.varve.cluster.sharding;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadFailed;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.partition.PartitionError;
import java.util.List;

/**
 * Cuts what was read to what one message between nodes may hold. What a read may take is counted as the log has it, and compressed
 * batches and records without values are larger on the way than there.
 */
final class AnswersToElsewhere {
    /** Less than {@code maximum-frame-size} in varve-clustered.conf, with room for what Pekko puts around a message. */
    static final long MAX_BYTES = (4L << 20) - (64 << 10);

    private static final int RECORD_BYTES = 72;
    private static final int HEADER_BYTES = 24;

    private AnswersToElsewhere() {}

    /** The same answer, or the beginning of it: who reads on from its next offset is given the rest. */
    static ReadReply cut(Read read, ReadReply reply) {
        return reply instanceof Records records ? cut(read, records) : reply;
    }

    private static ReadReply cut(Read read, Records all) {
        long bytes = RECORD_BYTES;
        List<LogRecord> records = all.records();
        for (int i = 0; i < records.size(); i++) {
            bytes += bytes(records.get(i));
            if (bytes > MAX_BYTES) {
                return i == 0 ? tooLarge(read, records.get(0), bytes) : firstOf(all, i);
            }
        }
        return all;
    }

    private static Records firstOf(Records all, int count) {
        return new Records(
                all.fromOffset(),
                all.records().get(count).offset(),
                all.logStartOffset(),
                all.logEndOffset(),
                all.records().subList(0, count));
    }

    private static ReadFailed tooLarge(Read read, LogRecord record, long bytes) {
        return new ReadFailed(
                read.offset(),
                new PartitionError.Invalid("the record at offset " + record.offset() + " takes up to " + bytes
                        + " bytes on its way to another node, over the limit of " + MAX_BYTES
                        + "; read it on a node of the cluster itself, or go on behind it"));
    }

    /** At least as many as the record takes in a message. */
    static long bytes(LogRecord record) {
        long bytes = RECORD_BYTES + length(record.key()) + length(record.value());
        for (RecordHeader header : record.headers()) {
            bytes += HEADER_BYTES + 3L * header.key().length() + length(header.value());
        }
        return bytes;
    }

    private static int length(byte[] bytes) {
        return bytes == null ? 0 : bytes.length;
    }
}
