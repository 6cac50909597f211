package dev.varve.log;

import java.util.OptionalLong;

/** What can be asked of a log, owned ({@link PartitionLog}) or seen from outside ({@link ObservedLog}). Any thread; blocks for disk reads. */
public interface ReadableLog {

    /**
     * Reads records from an offset on, across segments.
     *
     * @param offset the first offset wanted, from the log start to the log end offset; where no record has it (gaps are
     *     allowed) the next record is the first
     * @param maxBytes a budget for the batches read, counted as large as they are uncompressed, 0 or more; at least one record is given whatever the budget, if there is one
     * @return the records up to the first of: the budget, the end of the log, damage. Empty only if there is no record from
     *     the offset on ("no data yet"); its next offset is the log end offset then
     * @throws LogException.OutOfRange below the log start or above the log end offset
     * @throws LogException.CorruptRecord if the record at that very offset is damaged; good ones before it are given first
     * @throws LogException.IoFailed if the operating system cannot read
     */
    ReadResult read(long offset, int maxBytes);

    /**
     * The first offset at or above the log start whose record has a timestamp at or after this one; empty if there is
     * none. Costs a look into the time index and a few kilobytes of reading, whatever the size of the log.
     *
     * @param timestamp milliseconds since 1970-01-01T00:00:00Z
     * @throws LogException.CorruptRecord if damage makes the answer uncertain
     * @throws LogException.CodecUnavailable if it lies in a batch that this process has no means to decompress
     * @throws LogException.IoFailed if the operating system cannot read
     */
    OptionalLong offsetForTimestamp(long timestamp);

    /** The log at this moment. Reads nothing from the disk. */
    LogDescription describe();
}
