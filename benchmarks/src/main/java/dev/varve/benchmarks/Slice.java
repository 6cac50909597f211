package dev.varve.benchmarks;

/**
 * A slice of work.
 *
 * @param amount how much was done, in the unit of the row
 * @param nanos how long it took
 * @param cpuNanos how long a processor was busy with it, where one thread did it all and did not wait for a disk; else 0
 * @param latencies how long each operation took, where that is of interest; else none
 */
public record Slice(double amount, long nanos, long cpuNanos, Latencies latencies) {

    /** A slice that spent its time waiting for the disk. */
    public static Slice of(double amount, long nanos, Latencies latencies) {
        return new Slice(amount, nanos, 0, latencies);
    }

    double perSecond() {
        return amount * 1e9 / nanos;
    }

    double perCpuSecond() {
        return amount * 1e9 / cpuNanos;
    }
}
