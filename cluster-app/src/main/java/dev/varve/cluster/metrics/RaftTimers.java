package dev.varve.cluster.metrics;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.apache.ratis.metrics.LongCounter;
import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.MetricRegistryInfo;
import org.apache.ratis.metrics.RatisMetricRegistry;
import org.apache.ratis.metrics.Timekeeper;
import org.apache.ratis.util.TimeDuration;

/**
 * What Ratis measures, of which one thing is of interest here: how long the syncs of its logs take. The rest, some dozen timers for each entry,
 * is not kept, for that has its price. Ratis finds this class as a service and makes one for the whole JVM. Any thread.
 */
public final class RaftTimers extends MetricRegistries {
    /** The name that Ratis gives to the time of a sync, in the registry of each log. */
    private static final String SYNC = "syncTime";

    private static final Map<String, LongConsumer> LISTENERS = new ConcurrentHashMap<>();
    private static final Timekeeper.Context UNTIMED = () -> 0;

    private final Map<MetricRegistryInfo, RatisMetricRegistry> registries = new ConcurrentHashMap<>();

    /**
     * From now on somebody is told of each sync of a log, in nanoseconds.
     *
     * @param member the replica whose log it is, as Ratis writes it: {@code node@group-id}
     */
    public static void onSync(String member, LongConsumer listener) {
        LISTENERS.put(member, listener);
    }

    /** Ends what {@link #onSync} began. */
    public static void forget(String member) {
        LISTENERS.remove(member);
    }

    /** Counts, and times what is asked for. */
    private record Registry(MetricRegistryInfo info) implements RatisMetricRegistry {
        @Override
        public Timekeeper timer(String name) {
            return name.equals(SYNC) ? syncs(info.getPrefix()) : () -> UNTIMED;
        }

        private static Timekeeper syncs(String member) {
            return () -> {
                LongConsumer listener = LISTENERS.get(member);
                long began = System.nanoTime();
                return () -> {
                    long nanos = System.nanoTime() - began;
                    if (listener != null) {
                        listener.accept(nanos);
                    }
                    return nanos;
                };
            };
        }

        @Override
        public LongCounter counter(String name) {
            return new Counter(new AtomicLong());
        }

        @Override
        public <T> void gauge(String name, Supplier<Supplier<T>> gauge) {
            // Nobody reads it.
        }

        @Override
        public boolean remove(String name) {
            return false;
        }

        @Override
        public MetricRegistryInfo getMetricRegistryInfo() {
            return info;
        }
    }

    private record Counter(AtomicLong count) implements LongCounter {
        @Override
        public void inc(long by) {
            count.addAndGet(by);
        }

        @Override
        public void dec(long by) {
            count.addAndGet(-by);
        }

        @Override
        public long getCount() {
            return count.get();
        }
    }

    @Override
    public RatisMetricRegistry create(MetricRegistryInfo info) {
        return registries.computeIfAbsent(info, Registry::new);
    }

    @Override
    public boolean remove(MetricRegistryInfo info) {
        return registries.remove(info) != null;
    }

    @Override
    public Optional<RatisMetricRegistry> get(MetricRegistryInfo info) {
        return Optional.ofNullable(registries.get(info));
    }

    @Override
    public Set<MetricRegistryInfo> getMetricRegistryInfos() {
        return Set.copyOf(registries.keySet());
    }

    @Override
    public Collection<RatisMetricRegistry> getMetricRegistries() {
        return List.copyOf(registries.values());
    }

    @Override
    public void clear() {
        registries.clear();
    }

    @Override
    public void addReporterRegistration(Consumer<RatisMetricRegistry> start, Consumer<RatisMetricRegistry> stop) {
        // There is nothing to report.
    }

    @Override
    public void enableJmxReporter() {
        // Nor here.
    }

    @Override
    public void enableConsoleReporter(TimeDuration rate) {
        // Nor here.
    }
}
