package dev.varve.partition;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;

/**
 * Holds work back to so many bytes a second: told of bytes that were read or written, it blocks until they were due. What is not used up is
 * not saved for later. For one thread at a time.
 */
public final class Pacer implements LongConsumer {
    /** Shorter waits are put off until they add up: the operating system does not sleep so little. */
    private static final long LEAST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final double nanosPerByte;
    private long dueNanos = System.nanoTime();

    /** @param bytesPerSecond 1 or more */
    public Pacer(long bytesPerSecond) {
        this.nanosPerByte = 1e9 / bytesPerSecond;
    }

    @Override
    public void accept(long bytes) {
        long now = System.nanoTime();
        if (now - dueNanos > 0) {
            dueNanos = now;
        }
        dueNanos += (long) (bytes * nanosPerByte);
        if (dueNanos - now >= LEAST_WAIT_NANOS) {
            sleepUntil(dueNanos);
        }
    }

    private static void sleepUntil(long nanos) {
        for (long left = nanos - System.nanoTime();
                left > 0 && !Thread.currentThread().isInterrupted();
                left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
