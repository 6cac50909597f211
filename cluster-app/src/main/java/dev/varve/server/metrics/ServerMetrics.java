package dev.varve.server.metrics;

import dev.varve.cluster.metrics.ClusterMeter;
import dev.varve.cluster.metrics.GroupFigures;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** The metrics of one server. Any thread. Close it when the server has ended. */
public final class ServerMetrics implements AutoCloseable {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5)
    };

    /** Topics are made by whoever likes, so there is a limit to what each scrape says of them. */
    private static final int MAX_PARTITIONS = 2_000;

    private static final int MAX_CONSUMERS = 2_000;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private final Counter appendedRecords = registry.counter("varve.http.appended.records");
    private final Counter appendedBytes = registry.counter("varve.http.appended.bytes");
    private final Counter readRecords = registry.counter("varve.http.read.records");
    private final Counter readBytes = registry.counter("varve.http.read.bytes");
    private final MultiGauge logStartOffset =
            MultiGauge.builder("varve.partition.log.start.offset").register(registry);
    private final MultiGauge highWatermark =
            MultiGauge.builder("varve.partition.high.watermark").register(registry);
    private final MultiGauge bytes =
            MultiGauge.builder("varve.partition.size").baseUnit("bytes").register(registry);
    private final MultiGauge ready = MultiGauge.builder("varve.partition.ready").register(registry);
    private final MultiGauge damage =
            MultiGauge.builder("varve.partition.damaged.ranges").register(registry);
    private final MultiGauge hasLeader =
            MultiGauge.builder("varve.group.has.leader").register(registry);
    private final MultiGauge isLeader =
            MultiGauge.builder("varve.group.is.leader").register(registry);
    private final MultiGauge nodes = MultiGauge.builder("varve.node.alive").register(registry);
    private final MultiGauge consumerLag =
            MultiGauge.builder("varve.consumer.lag.records").register(registry);
    private final AtomicInteger partitionsLeftOut = registry.gauge("varve.partitions.left.out", new AtomicInteger());
    private final AtomicInteger consumersLeftOut = registry.gauge("varve.consumers.left.out", new AtomicInteger());
    private final ClusterMetrics cluster = new ClusterMetrics(registry);
    private final long startNanos = System.nanoTime();
    private volatile long readyNanos;
    private volatile boolean isReady;

    public ServerMetrics() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        gc.bindTo(registry);
        Gauge.builder("varve.ready", this, metrics -> metrics.isReady ? 1 : 0).register(registry);
        Gauge.builder("varve.recovery", this, ServerMetrics::recoverySeconds)
                .baseUnit("seconds")
                .register(registry);
    }

    /** From the start until it was ready for the first time, or until now. */
    private double recoverySeconds() {
        return ((readyNanos == 0 ? System.nanoTime() : readyNanos) - startNanos) / 1e9;
    }

    /** Whether the server can serve at the moment. */
    public void ready(boolean is) {
        isReady = is;
        if (is && readyNanos == 0) {
            readyNanos = System.nanoTime();
        }
    }

    /** What the groups of the node are measured with. */
    public ClusterMeter cluster() {
        return cluster;
    }

    /** Where others add what they measure. */
    public MeterRegistry registry() {
        return registry;
    }

    /** From now on tells how much room the file system of a directory has. */
    public void watchDisk(Path directory) {
        Gauge.builder("varve.disk.free", directory, path -> path.toFile().getUsableSpace())
                .baseUnit("bytes")
                .strongReference(true)
                .register(registry);
        Gauge.builder("varve.disk.total", directory, path -> path.toFile().getTotalSpace())
                .baseUnit("bytes")
                .strongReference(true)
                .register(registry);
    }

    /** From now on, as long as these metrics are, tells how many bytes requests hold in memory, and how many they have asked to read. */
    public void watchBytesInFlight(LongSupplier requests, LongSupplier reads) {
        Gauge.builder("varve.http.in.flight", requests, LongSupplier::getAsLong)
                .baseUnit("bytes")
                .strongReference(true)
                .register(registry);
        Gauge.builder("varve.http.reads.in.flight", reads, LongSupplier::getAsLong)
                .baseUnit("bytes")
                .strongReference(true)
                .register(registry);
    }

    /**
     * A request was answered; of a stream, its beginning.
     *
     * @param route which one, a name of a few
     */
    public void request(String method, String route, int status, long nanos) {
        Timer.builder("varve.http.requests")
                .tags("method", method, "route", route, "status", Integer.toString(status))
                .serviceLevelObjectives(BUCKETS)
                .register(registry)
                .record(Duration.ofNanos(nanos));
    }

    /** Records were appended. */
    public void appended(List<NewRecord> records) {
        appendedRecords.increment(records.size());
        for (NewRecord record : records) {
            appendedBytes.increment(length(record.key()) + length(record.value()));
        }
    }

    /** Records were read. */
    public void read(List<LogRecord> records) {
        readRecords.increment(records.size());
        for (LogRecord record : records) {
            readBytes.increment(length(record.key()) + length(record.value()));
        }
    }

    private static int length(byte[] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    /**
     * A partition, as this node sees it.
     *
     * @param damagedRanges how many ranges of offsets are known to be damaged
     */
    public record PartitionSample(
            String topic,
            int partition,
            boolean isReady,
            long logStartOffset,
            long highWatermark,
            long bytes,
            int damagedRanges) {
        private MultiGauge.Row<?> row(double value) {
            return MultiGauge.Row.of(Tags.of("topic", topic, "partition", Integer.toString(partition)), value);
        }
    }

    /** All partitions there are, or the first of them, if there are very many: what is told of others before is forgotten. */
    public void partitions(List<PartitionSample> all) {
        List<PartitionSample> samples = atMost(MAX_PARTITIONS, all, partitionsLeftOut);
        logStartOffset.register(rows(samples, sample -> sample.row(sample.logStartOffset())), true);
        highWatermark.register(rows(samples, sample -> sample.row(sample.highWatermark())), true);
        bytes.register(rows(samples, sample -> sample.row(sample.bytes())), true);
        ready.register(rows(samples, sample -> sample.row(sample.isReady() ? 1 : 0)), true);
        damage.register(rows(samples, sample -> sample.row(sample.damagedRanges())), true);
    }

    private static <T> List<T> atMost(int limit, List<T> all, AtomicInteger leftOut) {
        leftOut.set(Math.max(0, all.size() - limit));
        return all.size() <= limit ? all : all.subList(0, limit);
    }

    /**
     * How far a group of consumers is behind in a partition.
     *
     * @param lag how many offsets there are between what it has committed and the high watermark
     */
    public record ConsumerSample(String consumers, String topic, int partition, long lag) {
        private MultiGauge.Row<?> row() {
            return MultiGauge.Row.of(
                    Tags.of("consumers", consumers, "topic", topic, "partition", Integer.toString(partition)), lag);
        }
    }

    /** What all groups of consumers have committed, or the first of it, if it is very much. */
    public void consumers(List<ConsumerSample> all) {
        consumerLag.register(rows(atMost(MAX_CONSUMERS, all, consumersLeftOut), ConsumerSample::row), true);
    }

    /** A Raft group, as this node sees it. */
    public record GroupSample(String name, boolean hasLeader, boolean isLeader) {
        private MultiGauge.Row<?> row(double value) {
            return MultiGauge.Row.of(Tags.of("group", name), value);
        }
    }

    /** All groups there are. */
    public void groups(List<GroupSample> samples, List<GroupFigures> figures) {
        hasLeader.register(rows(samples, sample -> sample.row(sample.hasLeader() ? 1 : 0)), true);
        isLeader.register(rows(samples, sample -> sample.row(sample.isLeader() ? 1 : 0)), true);
        cluster.groups(figures);
    }

    /**
     * A node, as this node sees it.
     *
     * @param alive 1 if it was heard of lately, 0 if not, NaN if this node would not know
     */
    public record NodeSample(String id, double alive) {
        private MultiGauge.Row<?> row() {
            return MultiGauge.Row.of(Tags.of("node", id), alive);
        }
    }

    /** All nodes there are. */
    public void nodes(List<NodeSample> samples) {
        nodes.register(rows(samples, NodeSample::row), true);
    }

    private static <T> List<MultiGauge.Row<?>> rows(List<T> samples, Function<T, MultiGauge.Row<?>> row) {
        return samples.stream().<MultiGauge.Row<?>>map(row).toList();
    }

    /** All that is known now, as Prometheus reads it. */
    public String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
