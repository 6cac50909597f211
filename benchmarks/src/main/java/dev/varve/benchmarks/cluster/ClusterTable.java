package dev.varve.benchmarks.cluster;

import dev.varve.benchmarks.Latencies;
import dev.varve.benchmarks.Workplace;
import dev.varve.cluster.TopicSpec;
import dev.varve.server.client.ClientSettings;
import dev.varve.server.client.Topic;
import dev.varve.server.client.VarveClient;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** Measures a cluster of three nodes through a client, and prints what it came to, as tables in Markdown. */
public final class ClusterTable {
    private static final int NODES = 3;
    private static final int PRODUCERS = 100;
    private static final double LEAST_PER_SECOND = 20_000;
    private static final Duration WARM_UP = Duration.ofSeconds(60);
    private static final Duration SLICE = Duration.ofSeconds(10);
    private static final int SLICES = 5;
    private static final int KILLS = 20;
    private static final double MEDIAN_SECONDS = 2;
    private static final double WORST_SECONDS = 5;
    private static final long FAILOVER_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static final String FAILOVER = "failover";

    /**
     * Appends through a client.
     *
     * @param groups how many Raft groups the cluster has, over which partitions and leaders are spread
     */
    private record Appends(String name, int partitions, int groups) {}

    private static final List<Appends> APPENDS = List.of(
            new Appends("append-1", 1, 1), new Appends("append-12", 12, 1), new Appends("append-12-groups-3", 12, 3));

    private static final int FAILOVER_GROUPS = 3;

    private final Workplace workplace;
    private final PrintStream progress;
    private final double effort;

    /** @param effort how many times the usual time, and number of kills */
    public ClusterTable(Workplace workplace, PrintStream progress, double effort) {
        this.workplace = workplace;
        this.progress = progress;
        this.effort = effort;
    }

    /** The names of all rows. */
    public static List<String> names() {
        List<String> names = new ArrayList<>(APPENDS.stream().map(Appends::name).toList());
        names.add(FAILOVER);
        return names;
    }

    /** @param names of the rows to measure; all if there are none */
    public void print(List<String> names, PrintStream out) throws Exception {
        List<String> wanted = names.isEmpty() ? names() : names;
        List<String> lines = new ArrayList<>();
        for (int groups : APPENDS.stream().mapToInt(Appends::groups).distinct().toArray()) {
            List<Appends> rows = APPENDS.stream()
                    .filter(row -> row.groups() == groups && wanted.contains(row.name()))
                    .toList();
            if (!rows.isEmpty()) {
                withCluster(groups, nodes -> {
                    for (Appends row : rows) {
                        String line = appends(nodes, row);
                        progress.println(line);
                        lines.add(line);
                    }
                });
            }
        }
        if (!lines.isEmpty()) {
            out.println("| partitions | groups | records/s | best | p50 | p99 | CPU of the nodes | of the client |"
                    + " asked for | met |");
            out.println("|---|---|---|---|---|---|---|---|---|---|");
            lines.forEach(out::println);
        }
        if (wanted.contains(FAILOVER)) {
            withCluster(FAILOVER_GROUPS, nodes -> {
                String line = failovers(nodes);
                out.println();
                out.println("| kills of the leader | median | worst | all | asked for | met |");
                out.println("|---|---|---|---|---|---|");
                out.println(line);
            });
        }
    }

    private interface OnNodes {
        void run(List<NodeProcess> nodes) throws Exception;
    }

    private void withCluster(int groups, OnNodes work) throws Exception {
        List<NodeProcess> nodes = NodeProcess.cluster(workplace.freshDirectory("cluster"), NODES, groups);
        try {
            for (NodeProcess node : nodes) {
                node.start();
            }
            for (NodeProcess node : nodes) {
                node.awaitReady();
            }
            work.run(nodes);
        } finally {
            for (NodeProcess node : nodes) {
                node.close();
            }
            for (NodeProcess node : nodes) {
                node.awaitEnd();
            }
        }
    }

    private static VarveClient client(List<NodeProcess> nodes) {
        return VarveClient.create(
                ClientSettings.of(nodes.stream().map(NodeProcess::url).toArray(URI[]::new)));
    }

    private static <T> T await(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private String appends(List<NodeProcess> nodes, Appends row) throws Exception {
        String name = row.name();
        progress.println(name);
        VarveClient client = client(nodes);
        await(client.createTopic(TopicSpec.of(name, row.partitions())));
        Load load = new Load(client, name, PRODUCERS);
        load.start();
        sleep(WARM_UP);
        int count = load.take().count();
        progress.printf(Locale.ROOT, "  warm-up: %d records%n", count);
        Latencies all = new Latencies(1 << 16);
        double[] perSecond = new double[SLICES];
        long nodesBefore = cpuNanos(nodes);
        long clientBefore = ownCpuNanos();
        for (int slice = 0; slice < SLICES; slice++) {
            long began = System.nanoTime();
            sleep(SLICE);
            Latencies latencies = load.take();
            perSecond[slice] = latencies.count() / ((System.nanoTime() - began) / 1e9);
            all.addAll(latencies);
            progress.printf(
                    Locale.ROOT,
                    "  %.0f records/s, p50 %.2f ms, p99 %.2f ms%n",
                    perSecond[slice],
                    latencies.micros(0.5) / 1e3,
                    latencies.micros(0.99) / 1e3);
        }
        double nodesMicros = (cpuNanos(nodes) - nodesBefore) / 1e3 / all.count();
        double clientMicros = (ownCpuNanos() - clientBefore) / 1e3 / all.count();
        load.stop();
        Arrays.sort(perSecond);
        double median = perSecond[SLICES / 2];
        return String.format(
                Locale.ROOT,
                "| %d | %d | %.1f k | %.1f k | %.2f ms | %.2f ms | %.1f µs a record | %.1f µs | %.0f k | %s |",
                row.partitions(),
                row.groups(),
                median / 1e3,
                perSecond[SLICES - 1] / 1e3,
                all.micros(0.5) / 1e3,
                all.micros(0.99) / 1e3,
                nodesMicros,
                clientMicros,
                LEAST_PER_SECOND / 1e3,
                median >= LEAST_PER_SECOND ? "yes" : "no");
    }

    private void sleep(Duration usual) throws InterruptedException {
        Thread.sleep((long) Math.max(1_000, effort * usual.toMillis()));
    }

    private static long cpuNanos(List<NodeProcess> nodes) {
        return nodes.stream().mapToLong(node -> node.cpu().toNanos()).sum();
    }

    private static long ownCpuNanos() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .orElse(Duration.ZERO)
                .toNanos();
    }

    private String failovers(List<NodeProcess> nodes) throws Exception {
        progress.println(FAILOVER);
        VarveClient client = client(nodes);
        await(client.createTopic(TopicSpec.of(FAILOVER, 1)));
        Load load = new Load(client, FAILOVER, PRODUCERS);
        load.start();
        sleep(SLICE);
        int kills = (int) Math.max(1, Math.round(effort * KILLS));
        long[] millis = new long[kills];
        for (int i = 0; i < kills; i++) {
            NodeProcess leader = awaitLeader(client, nodes);
            long killed = System.nanoTime();
            leader.kill();
            leader.awaitEnd();
            // What is handed over from now on it cannot acknowledge any more while it dies.
            load.watch();
            millis[i] = load.awaitFirst(killed, FAILOVER_PATIENCE_NANOS) / 1_000_000;
            progress.printf(Locale.ROOT, "  %s killed: %d ms%n", leader.name(), millis[i]);
            leader.start();
            leader.awaitReady();
        }
        load.stop();
        String each =
                String.join(", ", Arrays.stream(millis).mapToObj(Long::toString).toList());
        Arrays.sort(millis);
        double median = millis[(kills - 1) / 2] / 1e3;
        double worst = millis[kills - 1] / 1e3;
        return String.format(
                Locale.ROOT,
                "| %d | %.2f s | %.2f s | %s ms | median under %.0f s, worst under %.0f s | %s |",
                kills,
                median,
                worst,
                each,
                MEDIAN_SECONDS,
                WORST_SECONDS,
                median < MEDIAN_SECONDS && worst < WORST_SECONDS ? "yes" : "no");
    }

    /** Waits until there is a leader; gives it. */
    private static NodeProcess awaitLeader(VarveClient client, List<NodeProcess> nodes) throws Exception {
        while (true) {
            Topic.Partition partition = await(client.describeTopic(FAILOVER))
                    .orElseThrow()
                    .partitions()
                    .get(0);
            if (partition.leader().isPresent()) {
                return nodes.stream()
                        .filter(node -> node.id().equals(partition.leader().get()))
                        .findFirst()
                        .orElseThrow();
            }
            Thread.sleep(50);
        }
    }
}
