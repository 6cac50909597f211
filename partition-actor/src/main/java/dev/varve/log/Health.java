package dev.varve.log;

import dev.varve.log.io.LateLogger;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a log is ready for, and why. From READY it goes to READ_ONLY and back, or to FAILED for good; from anywhere to CLOSED.
 * Any thread may ask; one at a time changes it.
 */
final class Health {
    private static final LateLogger LOGGER = new LateLogger(PartitionLog.class);

    private record Condition(LogState state, Throwable cause) {}

    private final Path directory;
    private volatile Condition condition = new Condition(LogState.READY, null);
    private boolean checkedForRoom;
    private long lastRoomCheckNanos;

    Health(Path directory) {
        this.directory = directory;
    }

    LogState state() {
        return condition.state();
    }

    Throwable cause() {
        return condition.cause();
    }

    /** In words; empty if there is none. */
    String problem() {
        Throwable cause = condition.cause();
        return cause == null ? "" : cause.toString();
    }

    void becomeReadOnly(Throwable cause) {
        if (condition.state() == LogState.READY) {
            LOGGER.warn("No room for the log in {} ({}): read-only until there is", directory, cause.toString());
        }
        condition = new Condition(LogState.READ_ONLY, cause);
        checkedForRoom = false;
    }

    void becomeReady() {
        LOGGER.info("There is room again for the log in {}: appends go on", directory);
        condition = new Condition(LogState.READY, null);
    }

    void fail(Throwable cause) {
        LOGGER.error(
                "The log in {} has failed: it takes no more appends until it is opened again; durable records stay readable",
                directory,
                cause);
        condition = new Condition(LogState.FAILED, cause);
    }

    void close() {
        condition = new Condition(LogState.CLOSED, condition.cause());
    }

    /** Whether a full disk may be asked again, which costs a few system calls; counts as asking. */
    boolean mayCheckForRoom(long nowNanos, Duration interval) {
        if (checkedForRoom && nowNanos - lastRoomCheckNanos < interval.toNanos()) {
            return false;
        }
        checkedForRoom = true;
        lastRoomCheckNanos = nowNanos;
        return true;
    }
}
