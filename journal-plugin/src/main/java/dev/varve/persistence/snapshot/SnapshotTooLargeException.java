package dev.varve.persistence.snapshot;

/** A snapshot does not fit into a batch. Nothing of it was stored, and those that were stored before are kept. */
public final class SnapshotTooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SnapshotTooLargeException(String persistenceId, long sequenceNr, long bytes, long maxBytes) {
        super("the snapshot of persistence id [" + persistenceId + "] at sequence number " + sequenceNr + " takes "
                + bytes + " bytes, more than varve.max-batch-bytes allows, " + maxBytes
                + ". It was not stored, and those before it are kept; raise the limit or make the snapshot smaller");
    }
}
