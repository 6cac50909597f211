package dev.varve.log;

import dev.varve.log.io.NoSpaceException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a log is ready for, and what it means when the disk refuses something: a lack of room takes it to {@link LogState#READ_ONLY}, from where
 * it comes back, also with what recovery had no room for; all else to {@link LogState#FAILED}. Nothing that was refused is tried again. What
 * changes something is called while the log's {@code writing} is held; any thread may ask for the state.
 */
final class Readiness {
    /** How often, at most, a full disk is asked whether there is room again. */
    static final Duration ROOM_CHECK_INTERVAL = Duration.ofMillis(200);

    /** Room beyond what the refused append needs, so that the log does not go back and forth on the last bytes. */
    private static final long SPARE_ROOM_BYTES = 64 << 10;

    private final Path directory;
    private final LogOptions options;
    private final LockGuard guard;
    private final LogRecovery recovery;
    private final LogTail tail;
    private final Health health;

    /** Whether recovery still has something to do for which there was no room. */
    private boolean recoveryPending = true;

    private volatile RecoveryReport report;

    /** What the append that found no room would have taken. */
    private long neededBytes;

    Readiness(Path directory, LogOptions options, LockGuard guard, LogRecovery recovery, LogTail tail) {
        this.directory = directory;
        this.options = options;
        this.guard = guard;
        this.recovery = recovery;
        this.tail = tail;
        this.health = new Health(directory);
        this.report = recovery.report();
    }

    /** Does what recovery has left to do, if there is room for it. */
    void begin() throws IOException {
        try {
            recover();
        } catch (NoSpaceException e) {
            health.becomeReadOnly(e);
        }
        tail.publish();
    }

    private void recover() throws IOException {
        recovery.complete();
        recoveryPending = false;
        report = recovery.report();
    }

    /** What opening found and did. */
    RecoveryReport report() {
        return report;
    }

    /** Whether readers may see what is not durable, because there was no room to make it so. */
    boolean isRecoveryPending() {
        return recoveryPending;
    }

    LogState state() {
        return health.state();
    }

    /** In words; empty if there is none. */
    String problem() {
        return health.problem();
    }

    void close() {
        health.close();
    }

    void requireNotClosed() {
        if (health.state() == LogState.CLOSED) {
            throw new LogException.Closed(directory);
        }
    }

    void requireNotFailed() {
        requireNotClosed();
        if (health.state() == LogState.FAILED) {
            throw new LogException.Failed(directory, health.cause());
        }
    }

    /** Requires that so many bytes may be written, as far as anybody knows. */
    void requireWritable(long bytes) {
        requireNotFailed();
        if (health.state() == LogState.READ_ONLY && !resume(bytes)) {
            throw new LogException.ReadOnly(directory, health.cause());
        }
    }

    void requireRecovered() {
        if (recoveryPending && !resume(0)) {
            throw new LogException.ReadOnly(directory, health.cause());
        }
    }

    /** Something that the disk may refuse. */
    interface DiskWork {
        void run() throws IOException;
    }

    /** Carries something out and decides what a refusal of the disk means. */
    void attempt(DiskWork work) {
        try {
            work.run();
        } catch (IOException | RuntimeException | Error e) {
            throw refused(0, e);
        }
    }

    /** What a refusal of something that would have taken so many bytes means: brings the log into that state. */
    LogException refused(long bytes, Throwable cause) {
        if (cause instanceof NoSpaceException noSpace) {
            cutBackAfter(noSpace);
            neededBytes = Math.max(neededBytes, bytes);
            health.becomeReadOnly(noSpace);
            return new LogException.ReadOnly(directory, noSpace);
        }
        if (cause instanceof LogException known) {
            return known;
        }
        health.fail(cause);
        return new LogException.OutcomeUnknown(directory, cause);
    }

    private void cutBackAfter(NoSpaceException noSpace) {
        try {
            tail.cutBack();
        } catch (IOException | RuntimeException | Error e) {
            e.addSuppressed(noSpace);
            health.fail(e);
            throw new LogException.OutcomeUnknown(directory, e);
        }
    }

    /** Finds out, not too often, whether there is room again for what was refused, and goes back to {@link LogState#READY} if so. */
    boolean resume() {
        return resume(0);
    }

    /** The same for so many bytes, or, if nobody is asking for any, for what was refused. */
    private boolean resume(long bytes) {
        long now = options.clock().monotonicNanos();
        if (!health.mayCheckForRoom(now, ROOM_CHECK_INTERVAL)) {
            return false;
        }
        long needed = 2 * (bytes > 0 ? bytes : neededBytes) + SPARE_ROOM_BYTES;
        try {
            if (options.disk().usableBytes(directory) < needed) {
                return false;
            }
            guard.check();
            if (recoveryPending) {
                recover();
                tail.publish();
            }
            tail.probeRoom(needed);
        } catch (NoSpaceException e) {
            return false;
        } catch (IOException | RuntimeException | Error e) {
            health.fail(e);
            throw new LogException.Failed(directory, e);
        }
        neededBytes = 0;
        health.becomeReady();
        tail.publish();
        return true;
    }
}
