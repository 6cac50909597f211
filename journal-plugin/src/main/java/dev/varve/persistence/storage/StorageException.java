package dev.varve.persistence.storage;

import dev.varve.partition.PartitionError;

/** A partition did not do what it was asked; the message is that of the {@link PartitionError}. */
public class StorageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient PartitionError error;

    public StorageException(PartitionError error) {
        super(error.message());
        this.error = error;
    }

    /** What went wrong; null in an exception that was sent from elsewhere. */
    public PartitionError error() {
        return error;
    }
}
