package dev.varve.server.journal;

import java.util.List;
import java.util.stream.Stream;

/** A journal whose events are carried elsewhere. All methods block; any thread. */
interface EventSource {
    /** The persistence ids that it has, pulled as the stream is. */
    Stream<String> ids();

    /** The highest sequence number of a persistence id, deleted ones included; 0 if it has none. */
    long highest(String persistenceId);

    /**
     * Events of a persistence id in order; fewer than the most only where there are no more.
     *
     * @throws NotCarriedException if they cannot be read
     */
    List<Carried> read(String persistenceId, long from, int most);

    /** What is not carried of any event, in words; complete when all ids were listed. */
    List<String> notes();

    /**
     * Makes sure that the journal has not ended, so that what it did not say is not there.
     *
     * @throws TransferFailedException if it has
     */
    void requireThere();
}
