package dev.varve.log;

/** What a log is ready for. */
public enum LogState {
    /** Takes appends and reads. */
    READY,
    /** The disk is full: takes reads; appends go on by themselves once there is room. */
    READ_ONLY,
    /** A write or a sync failed: takes reads of durable records; only a fresh open brings it back. */
    FAILED,
    /** Closed or deleted. */
    CLOSED,
    /** Seen from outside, without the lock: its last owner closed it cleanly. */
    CLEAN,
    /** Seen from outside, without the lock: an owner is at work, or the last one did not close it. */
    UNFINISHED
}
