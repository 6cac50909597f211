package dev.varve.partition;

/** What a partition is ready for. */
public enum PartitionState {
    /** The log is being opened: requests wait for that, as many as fit. */
    RECOVERING,
    /** Takes appends and reads. */
    READY,
    /** The disk is full: takes reads; appends go on by themselves once there is room. */
    READ_ONLY,
    /** The log could not be opened, or a write or sync failed: only a fresh actor brings it back. Durable records stay readable if it was open. */
    FAILED,
    /** What waited is being written, then the log is closed. */
    STOPPING
}
