package dev.varve.log;

import dev.varve.log.io.DirectoryLock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Fences an owner whose lock file somebody deleted, for then another owner can have opened the log. Asked before a write,
 * so that no byte of the other is overwritten, and between the sync and the acknowledgement, so that nothing is acknowledged
 * that the other has not seen. Under a policy that does not sync, where an acknowledgement promises less, an append asks only
 * now and then, for it costs a system call. For one thread at a time.
 */
final class LockGuard {
    private static final Duration UNSYNCED_INTERVAL = Duration.ofMillis(10);

    private final Path directory;
    private final DirectoryLock lock;
    private final LogClock clock;
    private final boolean always;
    private long lastCheckNanos;

    LockGuard(Path directory, DirectoryLock lock, LogOptions options) {
        this.directory = directory;
        this.lock = lock;
        this.clock = options.clock();
        this.always = !(options.syncPolicy() instanceof SyncPolicy.None);
        this.lastCheckNanos = clock.monotonicNanos();
    }

    void checkBeforeWrite() throws IOException {
        long now = clock.monotonicNanos();
        if (always || now - lastCheckNanos >= UNSYNCED_INTERVAL.toNanos()) {
            lastCheckNanos = now;
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
