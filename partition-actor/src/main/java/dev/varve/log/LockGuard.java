package dev.varve.log;

import dev.varve.log.io.DirectoryLock;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Fences an owner whose lock file somebody deleted, for then another owner can have opened the log. Asked before a write,
 * so that no byte of the other is overwritten, and between the sync and the acknowledgement, so that nothing is acknowledged
 * that the other has not seen. Under a policy that does not sync, where an acknowledgement promises less, an append asks only
 * now and then, for it costs a system call. For one thread at a time.
 */
final class LockGuard {
    private static final long UNSYNCED_INTERVAL_NANOS = 10_000_000;

    private final Path directory;
    private final DirectoryLock lock;
    private final boolean always;
    private long lastCheckNanos;

    LockGuard(Path directory, DirectoryLock lock, LogOptions options) {
        this.directory = directory;
        this.lock = lock;
        this.always = !(options.syncPolicy() instanceof SyncPolicy.None);
        this.lastCheckNanos = options.clock().monotonicNanos();
    }

    void checkBeforeWrite(long nowNanos) throws IOException {
        if (always || nowNanos - lastCheckNanos >= UNSYNCED_INTERVAL_NANOS) {
            lastCheckNanos = nowNanos;
            check();
        }
    }

    void checkAfterWrite() throws IOException {
        if (always) {
            check();
        }
    }

    /** Asks in any case: before whatever is rarer than an append. */
    void check() throws IOException {
        if (!lock.isIntact()) {
            throw new IOException("the lock file in " + directory
                    + " was deleted or replaced: another owner may have opened the log");
        }
    }
}
