package dev.varve.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/** Takes the time of a slice that one thread does all by itself: by the clock, and by what the processor spent on it. */
public final class Stopwatch {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final long startNanos = System.nanoTime();
    private final long startCpuNanos = THREADS.getCurrentThreadCpuTime();

    private Stopwatch() {}

    public static Stopwatch start() {
        return new Stopwatch();
    }

    /** @param amount how much was done since the start, in the unit of the row */
    public Slice stop(double amount) {
        long cpuNanos = THREADS.getCurrentThreadCpuTime() - startCpuNanos;
        return new Slice(amount, System.nanoTime() - startNanos, cpuNanos, Latencies.NONE);
    }
}
