package dev.varve.persistence.snapshot;

/**
 * What may be the snapshot to load cannot be read, and the events that would take its place are deleted, or cannot be known to be there.
 * Nothing was changed.
 */
public final class SnapshotUnreadableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SnapshotUnreadableException(String message) {
        super(message);
    }
}
