package dev.varve.cluster;

/** A {@link ClusterError} as the failure of a stage. */
public final class ClusterException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient ClusterError error;

    public ClusterException(ClusterError error) {
        super(error.message());
        this.error = error;
    }

    /** What happened; null only on the other side of Java serialization, which nothing here uses. */
    public ClusterError error() {
        return error;
    }
}
