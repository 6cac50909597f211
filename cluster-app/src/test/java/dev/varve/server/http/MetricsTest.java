package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.testkit.RunningServer;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private final RunningServer server = RunningServer.start("");

    @AfterEach
    void stop() {
        server.close();
    }

    /** What Prometheus is told of: counters with the ending that it gives them. */
    private Set<String> exported() {
        return server.get("/metrics")
                .is(200)
                .text()
                .lines()
                .filter(line -> line.startsWith("# TYPE varve_"))
                .map(line -> line.split(" ")[2])
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What the section of the manual names. */
    private static Set<String> documented() throws IOException {
        String manual = Files.readString(Path.of("../docs/OPERATIONS.md"));
        String section = manual.substring(manual.indexOf("\n### Metrics\n"), manual.indexOf("\n### The client\n"));
        Set<String> names = new TreeSet<>();
        Matcher name = Pattern.compile("`(varve_[a-z_]+)`").matcher(section);
        while (name.find()) {
            names.add(name.group(1));
        }
        return names;
    }

    @Test
    void every_metric_of_ours_is_in_the_manual_and_every_one_in_the_manual_is_there() throws IOException {
        server.put("/v1/topics/orders", "{}").is(201);
        server.put("/v1/groups/billing/topics/orders/offsets", "{\"0\":0}").is(204);
        server.get("/metrics").is(200);
        assertThat(exported()).hasSizeGreaterThan(40).isEqualTo(documented());
    }

    @Test
    void groups_replicas_and_consumers_are_measured() {
        server.put("/v1/topics/orders", "{\"partitions\":2}").is(201);
        server.post("/v1/topics/orders/partitions/1/records", "{\"records\":[{\"value\":\"a\"},{\"value\":\"b\"}]}")
                .is(200);
        server.put("/v1/groups/billing/topics/orders/offsets", "{\"1\":1}").is(204);
        assertThat(server.get("/metrics").is(200).text())
                .contains("varve_replica_state{group=\"0\",state=\"leader\"} 1.0")
                .contains("varve_replica_state{group=\"0\",state=\"failed\"} 0.0")
                .contains("varve_replica_behind_entries{group=\"0\",node=\"node-2\"} 5.0")
                .contains("varve_group_unapplied_entries{group=\"0\"} 3.0")
                .contains("varve_group_waiting_bytes{group=\"0\"} 300.0")
                .contains("varve_group_append_seconds_count{group=\"topics\"} 0")
                .contains("varve_consumer_lag_records{consumers=\"billing\",partition=\"1\",topic=\"orders\"} 1.0")
                .contains("varve_ready 1.0");
        server.topics().loseLeader();
        assertThat(server.get("/metrics").text()).contains("varve_ready 0.0");
        server.send("DELETE", "/v1/topics/orders", null).is(204);
        assertThat(server.get("/metrics").text()).doesNotContain("topic=\"orders\"");
    }

    @Test
    void what_is_measured_outlives_the_collection_of_garbage() {
        WeakReference<Object> garbage = new WeakReference<>(new Object());
        Awaitility.await().until(() -> {
            System.gc();
            return garbage.get() == null;
        });
        assertThat(server.get("/metrics").is(200).text())
                .contains("varve_http_in_flight_bytes 0.0")
                .contains("varve_http_reads_in_flight_bytes 0.0")
                .doesNotContain("varve_disk_free_bytes NaN");
    }

    @Test
    void more_partitions_than_are_told_of_are_counted() {
        server.put("/v1/topics/a", "{\"partitions\":1000}").is(201);
        server.put("/v1/topics/b", "{\"partitions\":1000}").is(201);
        server.put("/v1/topics/c", "{\"partitions\":3}").is(201);
        String text = server.get("/metrics").is(200).text();
        assertThat(text).contains("varve_partitions_left_out 3.0");
        assertThat(text.lines().filter(line -> line.startsWith("varve_partition_ready{")))
                .hasSize(2_000);
    }
}
