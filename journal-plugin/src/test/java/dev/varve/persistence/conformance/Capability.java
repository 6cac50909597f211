package dev.varve.persistence.conformance;

/**
 * What a plugin may or may not promise. A case that needs more than what every plugin owes says which of these it needs, and is
 * skipped, with the name of what is missing, for a plugin that does not claim it. What is named nowhere is owed by everybody.
 */
public enum Capability {
    // The journal.

    /** Events go through Pekko's serialization, so that what is replayed is a copy. */
    SERIALIZES_EVENTS,
    /** An event that no serializer takes is rejected alone: the other writes of its batch are stored. */
    REJECTS_WHAT_CANNOT_BE_SERIALIZED,
    /** A write of several events, one of which no serializer takes, is rejected with all of them. */
    REJECTS_A_WRITE_OF_SEVERAL_EVENTS_WHOLE,
    /** A replay from 1 to a number past a deleted prefix gives what is left in between. */
    REPLAYS_ACROSS_A_DELETED_PREFIX,
    /** Metadata that an event carries comes back with it. */
    KEEPS_METADATA_OF_EVENTS,
    /** Events have the time at which they were written. */
    KEEPS_TIMES_OF_EVENTS,
    /** A writer that is not the last one may only go on at the next sequence number; anything else fails at the write. */
    REFUSES_A_SECOND_WRITER,
    /** The failure of a second writer names it and the writer that was there before. */
    NAMES_BOTH_WRITERS,
    /** The last writer may send a write again, byte for byte, and is told that it is stored; nothing is stored twice. */
    ACKNOWLEDGES_THE_SAME_WRITE_AGAIN,

    // What is stored.

    /** Persistence ids and tags may be of any characters, and up to 300 of them. */
    TAKES_ANY_IDS_AND_TAGS,
    /** What was acknowledged is there again after the actor system was stopped and another one started on the same storage. */
    SURVIVES_A_RESTART,
    /** What was acknowledged survives the death of the process ({@code kill -9}), and a write is there whole or not at all. */
    SURVIVES_A_KILL,

    // The snapshot store.

    /** Snapshots go through Pekko's serialization. */
    SERIALIZES_SNAPSHOTS,
    /** Metadata that a snapshot carries comes back with it. */
    KEEPS_METADATA_OF_SNAPSHOTS,

    // Durable state.

    /** State goes through Pekko's serialization. */
    SERIALIZES_STATE,
    /** An update whose revision does not follow the stored one fails. */
    CHECKS_THE_REVISION_OF_AN_UPDATE,
    /** A deletion whose revision does not follow the stored one fails. */
    CHECKS_THE_REVISION_OF_A_DELETION,
    /** The deletion without a revision (deprecated by Pekko) deletes. */
    DELETES_STATE_WITHOUT_A_REVISION,
    /** {@code DurableStateStoreQuery}: changes by tag. */
    QUERIES_CHANGES_BY_TAG,
    /** Live changes go on without a gap behind those that were there: a change that comes just in between is told too. */
    TELLS_LIVE_CHANGES_WITHOUT_A_GAP,
    /** {@code currentChanges} ends also where the last change has another tag, or there is none. */
    ENDS_CURRENT_CHANGES_ALWAYS,
    /** {@code DurableStateStoreBySliceQuery}: changes by slice. */
    QUERIES_CHANGES_BY_SLICE,
    /** {@code DurableStateStorePagedPersistenceIdsQuery}: the ids of the entities that have state, in pages. */
    PAGES_PERSISTENCE_IDS_OF_STATE,

    // The read journal.

    /** {@code CurrentPersistenceIdsQuery}. */
    QUERIES_CURRENT_PERSISTENCE_IDS,
    /** {@code PersistenceIdsQuery}, which tells of new ones as they come. */
    QUERIES_LIVE_PERSISTENCE_IDS,
    /** {@code PagedPersistenceIdsQuery}. */
    PAGES_PERSISTENCE_IDS,
    /** {@code CurrentEventsByPersistenceIdQuery}. */
    QUERIES_CURRENT_EVENTS_BY_PERSISTENCE_ID,
    /** {@code EventsByPersistenceIdQuery}. */
    QUERIES_LIVE_EVENTS_BY_PERSISTENCE_ID,
    /** A live query by persistence id goes on behind events that were deleted. */
    QUERIES_ACROSS_A_DELETED_PREFIX,
    /** {@code CurrentEventsByTagQuery}. */
    QUERIES_CURRENT_EVENTS_BY_TAG,
    /** {@code EventsByTagQuery}. */
    QUERIES_LIVE_EVENTS_BY_TAG,
    /** Every offset that a query by tag gave out may be resumed from. */
    RESUMES_BY_TAG_FROM_EVERY_OFFSET,
    /** {@code CurrentEventsBySliceQuery}. */
    QUERIES_CURRENT_EVENTS_BY_SLICE,
    /** {@code EventsBySliceQuery}. */
    QUERIES_LIVE_EVENTS_BY_SLICE,
    /** Every offset that a query by slice gave out may be resumed from. */
    RESUMES_BY_SLICE_FROM_EVERY_OFFSET,
    /** A query by slice gives the bare event where the event was stored with tags. */
    QUERIES_BARE_EVENTS_BY_SLICE,
    /** {@code CurrentLastSequenceNumberByPersistenceIdQuery}. */
    QUERIES_THE_LAST_SEQUENCE_NUMBER,
    /** {@code EventTimestampQuery}. */
    QUERIES_TIMES_OF_EVENTS,
    /** {@code LoadEventQuery}. */
    LOADS_SINGLE_EVENTS,
    /** Events in queries have the time at which they were written. */
    QUERIES_EVENTS_WITH_TIMES,
    /** Events in queries have their metadata. */
    QUERIES_EVENTS_WITH_METADATA
}
