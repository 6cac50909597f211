package dev.varve.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The end of a log at work: what is written there is synced when that is due, and only then shown to readers. Each method either does its
 * work or throws what the disk said; what that means for the log is for {@link Readiness} to say. Whatever changes something is called while
 * the log's {@code writing} is held; any thread may look.
 */
final class LogTail {
    private final LogWriter writer;
    private final LockGuard guard;
    private final SyncSchedule sync;
    private final LogClock clock;

    /** The keys of the log if it is asked for them, else null. */
    private LogKeys keys;

    private volatile LogView view;
    /** Deletions by key since the log was opened. */
    private volatile long deletions;

    private volatile long epoch;
    private long lastCommitNanos;
    /** Whether there are frames that no durable mark covers. */
    private boolean markWanted;

    LogTail(LogWriter writer, LockGuard guard, LogOptions options) {
        this.writer = writer;
        this.guard = guard;
        this.sync = new SyncSchedule(options.syncPolicy());
        this.clock = options.clock();
        this.epoch = writer.epoch() + 1;
        this.lastCommitNanos = clock.monotonicNanos();
        publish();
    }

    /** Has keys learn from now on of what is written. */
    void teach(LogKeys learner) {
        keys = learner;
    }

    /** Gives batches their places. */
    void place(List<StagedBatch> batches) {
        writer.place(batches, epoch);
    }

    /** Writes batches that have their places, in runs that each go into one segment, and syncs as the policy says. */
    void write(List<StagedBatch> batches, ByteBuffer buffer) throws IOException {
        lastCommitNanos = clock.monotonicNanos();
        guard.checkBeforeWrite(lastCommitNanos);
        int from = 0;
        while (from < batches.size()) {
            if (writer.isAged(lastCommitNanos) || areKeysFull() || writer.mustRollBefore(0, batches.get(from))) {
                rollTo(batches.get(from).baseOffset);
            }
            int to = from + 1;
            long bytes = batches.get(from).frameBytes;
            while (to < batches.size() && !writer.mustRollBefore(bytes, batches.get(to))) {
                bytes += batches.get(to).frameBytes;
                to++;
            }
            List<StagedBatch> run = to - from == batches.size() ? batches : batches.subList(from, to);
            writer.write(run, buffer);
            sync.wrote(to - from, lastCommitNanos);
            if (sync.isDue(lastCommitNanos)) {
                syncNow();
            }
            guard.checkAfterWrite();
            if (keys != null) {
                wroteKeys(run);
            }
            publish();
            for (int i = 0; i < run.size(); i++) {
                store(run.get(i));
            }
            markWanted = true;
            from = to;
        }
        if (writer.epoch() > epoch) {
            epoch = writer.epoch();
        }
    }

    private void wroteKeys(List<StagedBatch> batches) throws IOException {
        keys.wrote(batches);
        if (keys.wantsCheckpoint()) {
            syncNow();
            keys.checkpoint(writer.nextOffset());
        }
    }

    /** A batch is visible, and as durable as it is to be: only now is it one that can be repeated. */
    private void store(StagedBatch batch) {
        batch.store();
        if (batch.keys != null && batch.keys.isControl()) {
            deletions++;
        }
        writer.producers()
                .add(batch.producer(), batch.lastOffsetDelta(), batch.baseOffset, batch.content.maxTimestamp());
    }

    private boolean areKeysFull() {
        return keys != null && keys.isFull();
    }

    private void syncNow() throws IOException {
        writer.sync();
        sync.synced();
    }

    private void rollTo(long baseOffset) throws IOException {
        writer.roll(baseOffset);
        sync.synced();
        publish();
    }

    /** Makes all that was written durable. */
    void flush() throws IOException {
        syncNow();
        guard.check();
        publish();
    }

    /** Seals the active segment, which holds records, and begins a new one. */
    void roll() throws IOException {
        guard.check();
        rollTo(writer.nextOffset());
        // The manifest says so now.
        markWanted = false;
    }

    /** Something that changes which segments there are, all of it durably, and gives something back. */
    interface Change<T> {
        T run() throws IOException;
    }

    <T> T change(Change<T> change) throws IOException {
        guard.check();
        T result = change.run();
        sync.synced();
        publish();
        return result;
    }

    /** Takes back what a failed write may have left behind the last frame. */
    void cutBack() throws IOException {
        guard.check();
        writer.cutBack();
        sync.synced();
        publish();
    }

    /** Finds out whether there is room for so many bytes; throws {@link dev.varve.log.io.NoSpaceException} if not. */
    void probeRoom(long bytes) throws IOException {
        writer.probeRoom(bytes);
    }

    /** Has the durable mark written when the log is idle, if there is none yet for what it holds. */
    void wantMarkIfSynced() {
        markWanted = writer.isSynced();
    }

    /** Notes down that all is durable, for whoever opens the log next. */
    void mark() throws IOException {
        markWanted = false;
        guard.check();
        writer.mark();
        publish();
    }

    /** Whether {@link #mark} has something to say. */
    boolean isMarkWanted() {
        return markWanted && writer.isSynced();
    }

    boolean isSyncDue(long nowNanos) {
        return sync.isDue(nowNanos);
    }

    /** How long until a sync is due; {@link Long#MAX_VALUE} if none will be. */
    long nanosUntilSync(long nowNanos) {
        return sync.nanosUntilDue(nowNanos);
    }

    /** Whether the active segment is to be sealed because of its age. */
    boolean isAged() {
        return writer.isAged();
    }

    long lastCommitNanos() {
        return lastCommitNanos;
    }

    /** Shows readers all that was written. */
    void publish() {
        LogView now = writer.view();
        if (keys != null) {
            keys.follow(now);
        }
        view = now;
    }

    /** The log as it is at this moment. */
    LogView view() {
        return view;
    }

    long deletions() {
        return deletions;
    }

    /** Of this owner: greater than that of any owner before, or that of the last batch whose place was given. */
    long epoch() {
        return epoch;
    }
}
