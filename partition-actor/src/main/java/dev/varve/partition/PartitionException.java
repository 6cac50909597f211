package dev.varve.partition;

/** A {@link PartitionError} where only an exception will do, as in the failure of a stream. */
public final class PartitionException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient PartitionError error;

    public PartitionException(PartitionError error) {
        super(error.message());
        this.error = error;
    }

    /** What happened; null only on the other side of Java serialization, which nothing here uses. */
    public PartitionError error() {
        return error;
    }
}
