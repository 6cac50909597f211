package dev.varve.benchmarks;

import java.util.Arrays;

/** How long operations took, each of them remembered: there are thousands of them, not millions. */
public final class Latencies {
    public static final Latencies NONE = new Latencies(0);

    private long[] nanos;
    private int count;

    public Latencies(int expected) {
        this.nanos = new long[expected];
    }

    public void add(long operationNanos) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, Math.max(16, 2 * count));
        }
        nanos[count++] = operationNanos;
    }

    public void addAll(Latencies others) {
        for (int i = 0; i < others.count; i++) {
            add(others.nanos[i]);
        }
    }

    public int count() {
        return count;
    }

    public boolean isEmpty() {
        return count == 0;
    }

    /** The least time, in microseconds, in which this share of the operations was done. */
    public double micros(double share) {
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        return sorted[Math.max(0, (int) Math.ceil(share * count) - 1)] / 1e3;
    }
}
