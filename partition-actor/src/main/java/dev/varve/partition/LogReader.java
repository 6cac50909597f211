package dev.varve.partition;

import dev.varve.log.KeyedRead;
import dev.varve.log.LogException;
import dev.varve.log.PartitionLog;
import dev.varve.log.ReadResult;
import dev.varve.log.StoredBatch;
import dev.varve.log.format.LogRecord;
import dev.varve.partition.PartitionActor.Failure;
import dev.varve.partition.PartitionActor.KeyFound;
import dev.varve.partition.PartitionActor.KeyReadReply;
import dev.varve.partition.PartitionActor.KeyRecords;
import dev.varve.partition.PartitionActor.KeyReply;
import dev.varve.partition.PartitionActor.Keys;
import dev.varve.partition.PartitionActor.KeysReply;
import dev.varve.partition.PartitionActor.ListKeys;
import dev.varve.partition.PartitionActor.OffsetFound;
import dev.varve.partition.PartitionActor.OffsetReply;
import dev.varve.partition.PartitionActor.ReadFailed;
import dev.varve.partition.PartitionActor.ReadKey;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Records;
import java.util.ArrayList;
import java.util.List;

/** Turns what a log gives or throws into answers. Blocks for the disk; any thread that may. */
public final class LogReader {
    private LogReader() {}

    /**
     * Reads, as {@link PartitionActor.Read} says.
     *
     * @param withoutDeleted only for a log that finds records by key
     */
    public static ReadReply read(PartitionLog log, long offset, int maxBytes, boolean withoutDeleted) {
        try {
            Records read = decode(log.read(offset, maxBytes));
            return withoutDeleted ? withoutDeleted(log, read) : read;
        } catch (LogException e) {
            return new ReadFailed(offset, PartitionError.of(e));
        } catch (IllegalStateException e) {
            return new ReadFailed(offset, new PartitionError.Invalid(e.getMessage()));
        }
    }

    private static Records withoutDeleted(PartitionLog log, Records read) {
        return new Records(
                read.fromOffset(),
                read.nextOffset(),
                read.logStartOffset(),
                read.logEndOffset(),
                log.keys().withoutDeleted(read.records()));
    }

    /** Decodes batch by batch, so that those before one that cannot be decoded are given; whoever reads on is told of that one. */
    private static Records decode(ReadResult result) {
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

    /** Looks up a key, as {@link PartitionActor.LookUpKey} says. */
    public static KeyReply lookUp(PartitionLog log, byte[] key) {
        try {
            return new KeyFound(log.keys().state(key));
        } catch (LogException e) {
            return new Failure(PartitionError.of(e));
        } catch (IllegalStateException e) {
            return new Failure(new PartitionError.Invalid(e.getMessage()));
        }
    }

    /**
     * Reads records of a key, as {@link ReadKey} says.
     *
     * @param maxBytes the budget, in place of the one in the question
     */
    public static KeyReadReply readKey(PartitionLog log, ReadKey wanted, int maxBytes) {
        try {
            KeyedRead read = log.keys().read(wanted.key(), wanted.fromSequence(), wanted.fromOffset(), maxBytes);
            return new KeyRecords(read.records(), read.nextOffset(), read.isComplete());
        } catch (LogException e) {
            return new Failure(PartitionError.of(e));
        } catch (IllegalStateException | IllegalArgumentException e) {
            return new Failure(new PartitionError.Invalid(e.getMessage()));
        }
    }

    /** Lists keys, as {@link ListKeys} says. */
    public static KeysReply listKeys(PartitionLog log, ListKeys wanted) {
        try {
            return new Keys(log.keys().keysAfter(wanted.after().orElse(null), wanted.limit()));
        } catch (LogException e) {
            return new Failure(PartitionError.of(e));
        } catch (IllegalStateException | IllegalArgumentException e) {
            return new Failure(new PartitionError.Invalid(e.getMessage()));
        }
    }

    /** Looks for a time, as {@link PartitionActor.OffsetForTimestamp} says. */
    public static OffsetReply offsetForTimestamp(PartitionLog log, long timestamp) {
        try {
            return new OffsetFound(log.offsetForTimestamp(timestamp));
        } catch (LogException e) {
            return new Failure(PartitionError.of(e));
        }
    }
}
