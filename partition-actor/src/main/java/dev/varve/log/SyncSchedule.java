package dev.varve.log;

/** When the next sync is due under a policy. For one thread at a time. */
final class SyncSchedule {
    private final long maxWrites;
    private final long maxDelayNanos;
    private long unsyncedWrites;
    private long firstUnsyncedNanos;

    SyncSchedule(SyncPolicy policy) {
        if (policy instanceof SyncPolicy.EveryWrite) {
            maxWrites = 1;
            maxDelayNanos = 0;
        } else if (policy instanceof SyncPolicy.EveryNWrites every) {
            maxWrites = every.writes();
            maxDelayNanos = Delays.nanos(every.maxDelay());
        } else {
            maxWrites = Long.MAX_VALUE;
            maxDelayNanos = Long.MAX_VALUE;
        }
    }

    void wrote(int batches, long nowNanos) {
        if (unsyncedWrites == 0) {
            firstUnsyncedNanos = nowNanos;
        }
        unsyncedWrites += batches;
    }

    void synced() {
        unsyncedWrites = 0;
    }

    boolean isDue(long nowNanos) {
        return unsyncedWrites > 0 && (unsyncedWrites >= maxWrites || nowNanos - firstUnsyncedNanos >= maxDelayNanos);
    }

    /** How long until a sync is due if nothing more is written; {@link Long#MAX_VALUE} if none will be. */
    long nanosUntilDue(long nowNanos) {
        return unsyncedWrites == 0 || maxDelayNanos == Long.MAX_VALUE
                ? Long.MAX_VALUE
                : Math.max(0, maxDelayNanos - (nowNanos - firstUnsyncedNanos));
    }
}
