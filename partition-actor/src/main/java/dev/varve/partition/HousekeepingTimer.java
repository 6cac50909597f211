package dev.varve.partition;

import dev.varve.log.LogOptions;
import dev.varve.log.SyncPolicy;
import dev.varve.partition.PartitionActor.Command;
import java.time.Duration;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/** Tells the actor of a log when it is time to keep house: at the soonest of the times that were asked for. For the actor alone. */
final class HousekeepingTimer {
    private final TimerScheduler<Command> timers;
    private final Command due;
    private final LogOptions log;
    private final Duration soonestAfterAppend;
    private long dueNanos;

    /** @param due what the actor is told */
    HousekeepingTimer(TimerScheduler<Command> timers, Command due, LogOptions log) {
        this.timers = timers;
        this.due = due;
        this.log = log;
        this.soonestAfterAppend = soonestAfterAppend(log);
    }

    /** Nothing that an append makes due is due sooner than this. */
    private static Duration soonestAfterAppend(LogOptions log) {
        return log.syncPolicy() instanceof SyncPolicy.EveryNWrites every
                        && every.maxDelay().compareTo(log.markDelay()) < 0
                ? every.maxDelay()
                : log.markDelay();
    }

    /** Something was appended. */
    void appended() {
        startAfter(soonestAfterAppend);
    }

    /** Sees to it that housekeeping comes after this time, or sooner. */
    void startAfter(Duration delay) {
        long asked = log.clock().monotonicNanos() + delay.toNanos();
        if (!timers.isTimerActive(due) || asked - dueNanos < 0) {
            dueNanos = asked;
            timers.startSingleTimer(due, delay);
        }
    }

    void cancel() {
        timers.cancel(due);
    }
}
