package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.cluster.ClusterNode;
import dev.varve.cluster.ClusterSettings;
import dev.varve.server.metrics.ServerMetrics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node of three that finds no other: it will not be ready, and says so. */
class BeforeReadyTest {
    private static final Duration PATIENCE = Duration.ofSeconds(8);

    private final HttpClient http = HttpClient.newHttpClient();

    private static String freeAddress() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return "127.0.0.1:" + socket.getLocalPort();
        }
    }

    private HttpResponse<String> get(HttpServer server, String path) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create(server.url() + path))
                        .timeout(PATIENCE)
                        .build(),
                BodyHandlers.ofString());
    }

    @Test
    void a_node_without_a_majority_is_alive_not_ready_and_tells_its_metrics_without_waiting(@TempDir Path directory)
            throws Exception {
        Config config = ConfigFactory.parseString("varve.server.http.bind = \"127.0.0.1:0\"")
                .withFallback(ConfigFactory.load());
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "before-ready", config);
        Map<String, String> nodes = Map.of("n1", freeAddress(), "n2", freeAddress(), "n3", freeAddress());
        try (ServerMetrics metrics = new ServerMetrics();
                ClusterNode node = ClusterNode.start(
                        system, ClusterSettings.of(directory, "n1", nodes).withGroups(1))) {
            node.measure(metrics.cluster());
            HttpServer server = HttpServer.start(
                            system,
                            node.topics(),
                            HttpSettings.fromConfig(config.getConfig("varve.server.http")),
                            metrics)
                    .toCompletableFuture()
                    .join();
            assertThat(get(server, "/alive").statusCode()).isEqualTo(200);
            HttpResponse<String> ready = get(server, "/ready");
            assertThat(ready.statusCode()).isEqualTo(503);
            assertThat(ready.body()).contains("not-ready");
            // Less than a request may take to find out that there is no majority.
            assertThat(get(server, "/metrics").body())
                    .contains("varve_ready 0.0")
                    .contains("varve_group_has_leader{group=\"topics\"} 0.0")
                    .contains("varve_group_unapplied_entries{group=\"0\"} 0.0")
                    .containsPattern("varve_recovery_seconds \\d")
                    .containsPattern("varve_replica_state\\{group=\"0\",state=\"leader\"} 0.0");
            server.stop(Duration.ofMillis(100)).toCompletableFuture().join();
        } finally {
            system.terminate();
        }
    }
}
