package dev.varve.server.journal;

import java.util.List;

/** A journal that events are carried to. All methods block; any thread, one at a time for each persistence id. */
interface EventTarget {
    /** The highest sequence number of a persistence id, deleted ones included; 0 if it has none. */
    long highest(String persistenceId);

    /** Whether it has this very event. */
    boolean holds(String persistenceId, Carried event);

    /**
     * Stores events, durably, behind those that are there.
     *
     * @throws NotCarriedException if one of them cannot be stored; those before it may be
     */
    void write(String persistenceId, List<Carried> events);

    /** Deletes what there is up to a sequence number. */
    void deleteTo(String persistenceId, long toSequenceNr);

    /**
     * Makes it so that a persistence id has no events and goes on behind this sequence number.
     *
     * @return false if this journal has no means to that; nothing was done then
     */
    boolean takeOverDeleted(String persistenceId, long highest);

    /**
     * Makes sure that the journal has not ended, so that what it did not say is not there.
     *
     * @throws TransferFailedException if it has
     */
    void requireThere();
}
