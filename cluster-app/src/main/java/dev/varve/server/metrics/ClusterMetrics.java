package dev.varve.server.metrics;

import dev.varve.cluster.metrics.ClusterMeter;
import dev.varve.cluster.metrics.GroupFigures;
import dev.varve.cluster.metrics.GroupFigures.ReplicaState;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** What is measured of the Raft groups of a node, of which there are a few. Any thread. */
final class ClusterMetrics implements ClusterMeter {
    private static final Duration[] TIMES = {
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5)
    };

    private final MeterRegistry registry;
    private final Map<Integer, Meters> groups = new ConcurrentHashMap<>();
    private final List<Gauges> gauges = new ArrayList<>();
    private final MultiGauge states;
    private final MultiGauge behind;

    private record Gauges(MultiGauge gauge, ToDoubleFunction<GroupFigures> value) {}

    ClusterMetrics(MeterRegistry registry) {
        this.registry = registry;
        gauge("varve.group.log.start.index", GroupFigures::logStartIndex);
        gauge("varve.group.log.end.index", GroupFigures::logEndIndex);
        gauge("varve.group.committed.index", GroupFigures::committedIndex);
        gauge("varve.group.applied.index", GroupFigures::appliedIndex);
        gauge("varve.group.unapplied.entries", ClusterMetrics::unapplied);
        gauge("varve.group.waiting.commands", GroupFigures::waitingCommands);
        gauge("varve.group.waiting.bytes", GroupFigures::waitingBytes);
        states = MultiGauge.builder("varve.replica.state").register(registry);
        behind = MultiGauge.builder("varve.replica.behind.entries").register(registry);
    }

    private void gauge(String name, ToDoubleFunction<GroupFigures> value) {
        gauges.add(new Gauges(MultiGauge.builder(name).register(registry), value));
    }

    private static double unapplied(GroupFigures group) {
        return Math.max(0, group.logEndIndex() - group.appliedIndex());
    }

    static String name(int group) {
        return group < 0 ? "topics" : Integer.toString(group);
    }

    /** What is counted as it happens, of one group. */
    private record Meters(
            Timer written,
            Timer applied,
            Timer synced,
            Timer saved,
            DistributionSummary commands,
            DistributionSummary records,
            DistributionSummary bytes) {}

    private Meters of(int group) {
        return groups.computeIfAbsent(group, number -> {
            Tags tags = Tags.of("group", name(number));
            return new Meters(
                    timer("varve.group.append", tags),
                    timer("varve.group.apply", tags),
                    timer("varve.raft.sync", tags),
                    timer("varve.group.snapshot", tags),
                    summary("varve.group.entry.commands", tags).register(registry),
                    summary("varve.group.entry.records", tags).register(registry),
                    summary("varve.group.entry", tags).baseUnit("bytes").register(registry));
        });
    }

    private Timer timer(String name, Tags tags) {
        return Timer.builder(name).tags(tags).serviceLevelObjectives(TIMES).register(registry);
    }

    private static DistributionSummary.Builder summary(String name, Tags tags) {
        return DistributionSummary.builder(name).tags(tags);
    }

    @Override
    public void written(int group, long nanos) {
        of(group).written().record(Duration.ofNanos(nanos));
    }

    @Override
    public void applied(int group, int commands, int records, int bytes, long nanos) {
        Meters meters = of(group);
        meters.applied().record(Duration.ofNanos(nanos));
        meters.commands().record(commands);
        meters.records().record(records);
        meters.bytes().record(bytes);
    }

    @Override
    public void synced(int group, long nanos) {
        of(group).synced().record(Duration.ofNanos(nanos));
    }

    @Override
    public void saved(int group, long nanos) {
        of(group).saved().record(Duration.ofNanos(nanos));
    }

    /** How all groups are at the moment. */
    void groups(List<GroupFigures> all) {
        // So that each is there with zeros before anything has happened.
        all.forEach(group -> of(group.group()));
        for (Gauges each : gauges) {
            each.gauge()
                    .register(
                            rows(
                                    all,
                                    group -> MultiGauge.Row.of(
                                            tags(group), each.value().applyAsDouble(group))),
                            true);
        }
        List<MultiGauge.Row<?>> stateRows = new ArrayList<>();
        List<MultiGauge.Row<?>> behindRows = new ArrayList<>();
        for (GroupFigures group : all) {
            for (ReplicaState state : ReplicaState.values()) {
                stateRows.add(MultiGauge.Row.of(
                        tags(group).and("state", state.name().toLowerCase(Locale.ROOT)),
                        group.state() == state ? 1 : 0));
            }
            for (GroupFigures.Replica replica : group.replicas()) {
                behindRows.add(MultiGauge.Row.of(tags(group).and("node", replica.node()), replica.behind()));
            }
        }
        states.register(stateRows, true);
        behind.register(behindRows, true);
    }

    private static Tags tags(GroupFigures group) {
        return Tags.of("group", name(group.group()));
    }

    private static List<MultiGauge.Row<?>> rows(
            List<GroupFigures> groups, Function<GroupFigures, MultiGauge.Row<?>> row) {
        return groups.stream().<MultiGauge.Row<?>>map(row).toList();
    }
}
