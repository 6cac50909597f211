package dev.varve.partition;

import dev.varve.log.PartitionLog;
import java.util.function.LongConsumer;

/**
 * Something that is done about a log in the background, beside those who append and read. It takes the pace that it is given, and
 * ends soon when the log is closed. One for all rounds of a partition; for one thread at a time.
 */
interface MaintenanceJob {

    /** In a word or two, for people. */
    String name();

    /**
     * Does what is due, if anything.
     *
     * @param pace to be told of the bytes that are read and written; blocks where that is too much
     * @throws dev.varve.log.LogException if it cannot be done now; the next round tries again
     */
    void run(PartitionLog log, LongConsumer pace);
}
