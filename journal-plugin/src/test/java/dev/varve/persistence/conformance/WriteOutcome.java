package dev.varve.persistence.conformance;

/** What a journal answered for one event. */
public sealed interface WriteOutcome {
    /** The event that is spoken of. */
    long sequenceNr();

    /** It is stored. */
    record Stored(long sequenceNr) implements WriteOutcome {}

    /** It is certainly not stored, and the journal is well. */
    record Rejected(long sequenceNr, Throwable cause) implements WriteOutcome {}

    /** It may be stored or not. */
    record Failed(long sequenceNr, Throwable cause) implements WriteOutcome {}
}
