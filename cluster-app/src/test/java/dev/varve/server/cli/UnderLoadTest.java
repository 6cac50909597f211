package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.TopicSpec;
import dev.varve.log.format.NewRecord;
import dev.varve.server.client.ClientSettings;
import dev.varve.server.client.Fetched;
import dev.varve.server.client.VarveClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server in a process of its own that is kept busy. */
class UnderLoadTest {
    private static final long TEN_SECONDS = 10_000;
    private static final int PRODUCERS = 50;
    private static final int ENOUGH = 2_000;

    private static ChildVarve serve(Path data) throws IOException {
        return ChildVarve.startWith(
                List.of("-Xmx192m", "-XX:TieredStopAtLevel=1"),
                "serve",
                "--data",
                data.toString(),
                "--http",
                "127.0.0.1:0",
                "-Dvarve.server.groups=2");
    }

    private static URI url(ChildVarve server) throws IOException {
        String line = server.readLine();
        assertThat(line).as("standard output").isNotNull().startsWith("ready http=");
        return URI.create(line.substring("ready http=".length(), line.indexOf(" node=")));
    }

    /** Keeps appending until an append fails; notes which ones were acknowledged. */
    private static final class Producers {
        private final VarveClient client;
        private final Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
        private final CountDownLatch enough = new CountDownLatch(ENOUGH);
        private final CountDownLatch ended = new CountDownLatch(PRODUCERS);
        private final AtomicInteger names = new AtomicInteger();

        private Producers(VarveClient client) {
            this.client = client;
        }

        private void next() {
            String name = "record-" + names.getAndIncrement();
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            client.produce("t", NewRecord.of(1_000, bytes, bytes)).whenComplete((position, failure) -> {
                if (failure == null) {
                    acknowledged.add(name);
                    enough.countDown();
                    next();
                } else {
                    ended.countDown();
                }
            });
        }
    }

    private static Map<String, Integer> counts(VarveClient client, int partitions) throws Exception {
        Map<String, Integer> counts = new HashMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            long next = 0;
            while (true) {
                Fetched fetched = client.read("t", partition, next, 1 << 20, Duration.ZERO)
                        .toCompletableFuture()
                        .get(60, TimeUnit.SECONDS);
                fetched.records()
                        .forEach(record ->
                                counts.merge(new String(record.value(), StandardCharsets.UTF_8), 1, Integer::sum));
                if (fetched.nextOffset() >= fetched.highWatermark()) {
                    break;
                }
                next = fetched.nextOffset();
            }
        }
        return counts;
    }

    @Test
    void a_busy_server_that_is_asked_to_stop_does_so_in_time_and_keeps_what_it_acknowledged(@TempDir Path directory)
            throws Exception {
        Path data = directory.resolve("data");
        Producers producers;
        try (ChildVarve server = serve(data)) {
            VarveClient client = VarveClient.create(
                    ClientSettings.of(url(server)).withRetries(Duration.ZERO, Duration.ofMillis(10)));
            client.createTopic(TopicSpec.of("t", 3)).toCompletableFuture().get(60, TimeUnit.SECONDS);
            producers = new Producers(client);
            for (int i = 0; i < PRODUCERS; i++) {
                producers.next();
            }
            assertThat(producers.enough.await(120, TimeUnit.SECONDS))
                    .as("it is busy")
                    .isTrue();
            server.terminate();
            assertThat(server.endsWithin(TEN_SECONDS)).as("it ends in time").isTrue();
            assertThat(server.awaitExit()).isEqualTo(143);
            assertThat(producers.ended.await(60, TimeUnit.SECONDS))
                    .as("appends end")
                    .isTrue();
        }
        try (ChildVarve server = serve(data)) {
            Map<String, Integer> counts = counts(VarveClient.of(url(server)), 3);
            assertThat(counts.keySet()).containsAll(new ArrayList<>(producers.acknowledged));
            assertThat(counts.values()).as("copies of each record").containsOnly(1);
        }
    }

    @Test
    void what_a_server_measures_of_its_groups_is_what_it_did(@TempDir Path directory) throws Exception {
        try (ChildVarve server = serve(directory.resolve("data"))) {
            URI url = url(server);
            VarveClient client = VarveClient.of(url);
            client.createTopic(TopicSpec.of("t", 1)).toCompletableFuture().get(60, TimeUnit.SECONDS);
            for (int i = 0; i < 5; i++) {
                client.produce("t", 0, NewRecord.of(1_000, new byte[100]))
                        .toCompletableFuture()
                        .get(60, TimeUnit.SECONDS);
            }
            String metrics = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(url.resolve("/metrics")).build(), BodyHandlers.ofString())
                    .body();
            assertThat(sum(metrics, "varve_group_entry_records_sum")).isEqualTo(5);
            assertThat(sum(metrics, "varve_group_append_seconds_count")).isGreaterThanOrEqualTo(5);
            assertThat(sum(metrics, "varve_raft_sync_seconds_count")).isGreaterThanOrEqualTo(5);
            assertThat(sum(metrics, "varve_raft_sync_seconds_sum")).isPositive();
            assertThat(sum(metrics, "varve_group_entry_bytes_sum")).isGreaterThan(500);
            assertThat(metrics)
                    .contains("varve_replica_state{group=\"0\",state=\"leader\"} 1.0")
                    .contains("varve_replica_state{group=\"topics\",state=\"leader\"} 1.0")
                    .contains("varve_ready 1.0");
        }
    }

    private static double sum(String metrics, String name) {
        return metrics.lines()
                .filter(line -> line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
