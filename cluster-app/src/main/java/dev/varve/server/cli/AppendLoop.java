package dev.varve.server.cli;

import dev.varve.log.LogState;
import dev.varve.log.PartitionLog;
import java.time.Duration;

/**
 * Takes lines as they come and appends them: whole batches as soon as nothing more is there to go with them, an
 * unfinished batch when nothing came for a while. Keeps house for the log in between. For one use by one thread.
 */
final class AppendLoop {
    /** How long an unfinished batch waits for more lines. */
    private static final long LINGER_NANOS = Duration.ofMillis(10).toNanos();

    private final LineInput input;
    private final PartitionLog log;
    private final Appender appender;
    private final Runnable onProgress;
    private long lastLinesNanos;

    AppendLoop(LineInput input, PartitionLog log, Appender appender, Runnable onProgress) {
        this.input = input;
        this.log = log;
        this.appender = appender;
        this.onProgress = onProgress;
    }

    /** Appends all lines there are. What was read before something fails is appended and acknowledged first. */
    void run() {
        while (true) {
            long houseDueNanos = System.nanoTime() + keepHouse();
            Input next = input.take(nanosToWait(houseDueNanos));
            if (next instanceof Input.Lines lines) {
                appender.add(lines.records());
                lastLinesNanos = System.nanoTime();
            } else if (next instanceof Input.Silence) {
                commitWhatWaits();
            } else {
                appender.finishBatch();
                appender.commit();
                if (next instanceof Input.Failed failed) {
                    throw failed.failure();
                }
                return;
            }
            onProgress.run();
        }
    }

    /** Gives the nanoseconds until it is due again. */
    private long keepHouse() {
        Duration rest = log.housekeep();
        if (log.state() == LogState.FAILED) {
            // Housekeeping itself does not throw; with nothing to append nobody else would say it.
            log.flush();
        }
        return rest.toNanos();
    }

    private long nanosToWait(long houseDueNanos) {
        if (appender.hasFinishedBatches()) {
            return 0;
        }
        long now = System.nanoTime();
        long wait = houseDueNanos - now;
        return appender.hasUnfinishedBatch() ? Math.min(wait, lastLinesNanos + LINGER_NANOS - now) : wait;
    }

    private void commitWhatWaits() {
        if (!appender.hasFinishedBatches() && System.nanoTime() - lastLinesNanos >= LINGER_NANOS) {
            appender.finishBatch();
        }
        appender.commit();
    }
}
