package dev.varve.log;

/** When the next sync is due under a policy. For one thread at a time. */
final class SyncSchedule {
    private final int maxWrites;
    private final long maxDelayNanos;
    private int unsyncedWrites;
    private long firstUnsyncedNanos;

    SyncSchedule(SyncPolicy policy) {
        if (policy instanceof SyncPolicy.EveryWrite) {
            maxWrites = 1;
            maxDelayNanos = 0;
        } else if (policy instanceof SyncPolicy.EveryNWrites every) {
            maxWrites = every.writes();
            maxDelayNanos = every.maxDelay().toNanos();
        } else {
            maxWrites = Integer.MAX_VALUE;
            maxDelayNanos = Long.MAX_VALUE;
        }
    }

    void wrote(int batches, long nowNanos) {
        if (unsyncedWrites == 0) {
            firstUnsyncedNanos = nowNanos;
        }
        unsyncedWrites = (int) Math.min(Integer.MAX_VALUE, (long) unsyncedWrites + batches);
    }

    void synced() {
        unsyncedWrites = 0;
    }

    boolean isDue(long nowNanos) {
        return unsyncedWrites > 0
                && maxWrites != Integer.MAX_VALUE
                && (unsyncedWrites >= maxWrites || nowNanos - firstUnsyncedNanos >= maxDelayNanos);
    }

    /** How long until a sync is due if nothing more is written; {@link Long#MAX_VALUE} if none will be. */
    long nanosUntilDue(long nowNanos) {
        return unsyncedWrites == 0 || maxDelayNanos == Long.MAX_VALUE
                ? Long.MAX_VALUE
                : Math.max(0, maxDelayNanos - (nowNanos - firstUnsyncedNanos));
    }
}
