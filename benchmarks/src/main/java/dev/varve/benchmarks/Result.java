package dev.varve.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What the slices of a row came to. Medians, for the machine may have other things to do now and then. */
final class Result {
    private final Row row;
    private final List<Double> raw = new ArrayList<>();
    private final List<Double> ours = new ArrayList<>();
    private final List<Double> ratios = new ArrayList<>();
    private final List<Double> cpuRatios = new ArrayList<>();
    private final Latencies rawLatencies = new Latencies(0);
    private final Latencies ourLatencies = new Latencies(0);

    Result(Row row) {
        this.row = row;
    }

    /** Adds a slice of each, done one right after the other. */
    void add(Slice rawSlice, Slice ourSlice) {
        raw.add(rawSlice.perSecond());
        ours.add(ourSlice.perSecond());
        ratios.add(ourSlice.perSecond() / rawSlice.perSecond());
        if (rawSlice.cpuNanos() > 0 && ourSlice.cpuNanos() > 0) {
            cpuRatios.add(ourSlice.perCpuSecond() / rawSlice.perCpuSecond());
        }
        rawLatencies.addAll(rawSlice.latencies());
        ourLatencies.addAll(ourSlice.latencies());
    }

    double raw() {
        return median(raw);
    }

    double ours() {
        return median(ours);
    }

    double ratio() {
        return median(ratios);
    }

    double rawMicros(double share) {
        return rawLatencies.micros(share);
    }

    double oursMicros(double share) {
        return ourLatencies.micros(share);
    }

    Row row() {
        return row;
    }

    /** The goals that are not met, in words; empty if all are. */
    String missed() {
        return row.goals().stream()
                .filter(goal -> !goal.isMet().test(this))
                .map(Goal::words)
                .collect(Collectors.joining(", "));
    }

    private String figure(double median, List<Double> all, Latencies latencies) {
        double best = all.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
        String figure =
                row.unit().format(median) + " (best " + Unit.number(row.unit().of(best)) + ")";
        return latencies.isEmpty()
                ? figure
                : figure + ", p50 " + Unit.number(latencies.micros(0.5)) + " µs, p99 "
                        + Unit.number(latencies.micros(0.99)) + " µs";
    }

    /** The line of the table. */
    String line() {
        String goals = row.goals().stream().map(Goal::words).collect(Collectors.joining("; "));
        String verdict = row.goals().isEmpty() ? "" : missed().isEmpty() ? "yes" : "no: " + missed();
        return "| " + row.work() + " | " + figure(raw(), raw, rawLatencies) + " | "
                + figure(ours(), ours, ourLatencies) + " | " + Unit.number(ratio()) + " | "
                + (cpuRatios.isEmpty() ? "" : Unit.number(median(cpuRatios))) + " | " + goals + " | " + verdict
                + " |";
    }

    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
