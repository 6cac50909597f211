package dev.varve.cluster;

/**
 * How large the Raft logs of a node get, and how fast a replica is copied that misses what was cut from them. Immutable.
 *
 * @param snapshotBytes after how many bytes of entries of a group its partitions are synced, so that its Raft log can be cut; 1 MiB or more
 * @param keptBytes how large the Raft log of a group may get for the sake of a replica that is behind, beyond what came since its partitions
 *     were synced; a replica that misses more is copied. 4 MiB or more
 * @param copyBytesPerSecond how fast a replica is copied at most; more than 0
 */
public record RaftLogLimits(long snapshotBytes, long keptBytes, long copyBytesPerSecond) {
    public static final long MIN_SNAPSHOT_BYTES = 1 << 20;
    public static final long MIN_KEPT_BYTES = 4 << 20;

    /** 64 MiB, 256 MiB, 100 MiB a second. */
    public static final RaftLogLimits DEFAULT = new RaftLogLimits(64L << 20, 256L << 20, 100L << 20);

    public RaftLogLimits {
        if (snapshotBytes < MIN_SNAPSHOT_BYTES) {
            throw new IllegalArgumentException(
                    "snapshotBytes must be " + MIN_SNAPSHOT_BYTES + " or more, not " + snapshotBytes);
        }
        if (keptBytes < MIN_KEPT_BYTES) {
            throw new IllegalArgumentException("keptBytes must be " + MIN_KEPT_BYTES + " or more, not " + keptBytes);
        }
        if (copyBytesPerSecond < 1) {
            throw new IllegalArgumentException("copyBytesPerSecond must be more than 0, not " + copyBytesPerSecond);
        }
    }
}
