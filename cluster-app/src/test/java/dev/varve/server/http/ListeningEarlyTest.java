package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.server.metrics.ServerMetrics;
import dev.varve.server.testkit.InMemoryTopics;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server that has nothing to serve yet says so, and serves on the same connections as soon as it has. */
class ListeningEarlyTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Config config = ConfigFactory.parseString("varve.server.http.bind = \"127.0.0.1:0\"")
            .withFallback(ConfigFactory.load());
    private final ServerMetrics metrics = new ServerMetrics();
    private ActorSystem<Void> system;
    private HttpServer server;
    private volatile String awaited = "waiting for two more";

    @BeforeEach
    void start() {
        system = ActorSystem.create(Behaviors.empty(), "listening-early", config);
        server = HttpServer.listen(system, settings(config), metrics, () -> awaited)
                .toCompletableFuture()
                .join();
    }

    private static HttpSettings settings(Config config) {
        return HttpSettings.fromConfig(config.getConfig("varve.server.http"));
    }

    @AfterEach
    void stop() {
        server.stop(Duration.ofMillis(100)).toCompletableFuture().join();
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().join();
        metrics.close();
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create(server.url() + path))
                        .timeout(PATIENCE)
                        .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send("GET", path, null);
    }

    private static void assertNotReady(HttpResponse<String> response, String why) {
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(response.headers().firstValue("Retry-After")).contains("1");
        assertThat(response.body()).contains("\"code\":\"not-ready\"").contains(why);
    }

    @Test
    void it_is_alive_says_what_it_waits_for_as_that_changes_and_refuses_all_that_needs_a_node() throws Exception {
        assertThat(get("/alive").statusCode()).isEqualTo(200);
        assertThat(get("/alive").body()).isEqualTo("{\"status\":\"alive\"}");
        assertNotReady(get("/ready"), "waiting for two more");
        awaited = "waiting for one more";
        assertNotReady(get("/ready"), "waiting for one more");
        assertNotReady(get("/v1/cluster"), "waiting for one more");
        assertNotReady(get("/v1/topics"), "waiting for one more");
        assertNotReady(send("PUT", "/v1/topics/t", "{\"partitions\":3}"), "waiting for one more");
        assertNotReady(send("POST", "/v1/topics/t/records", "x".repeat(64 << 10)), "waiting for one more");
        assertNotReady(send("POST", "/alive", ""), "waiting for one more");
        assertThat(get("/metrics").body())
                .contains("varve_ready 0.0")
                .contains("varve_http_requests_seconds_count{method=\"GET\",route=\"ready\",status=\"503\"} 2")
                .contains("varve_http_requests_seconds_count{method=\"other\",route=\"waiting\",status=\"503\"} 3");
    }

    @Test
    void from_one_moment_to_the_next_everything_is_served_at_the_same_place() throws Exception {
        assertNotReady(get("/v1/topics"), awaited);
        String url = server.url();
        server.serve(new InMemoryTopics(system));
        assertThat(server.url()).isEqualTo(url);
        assertThat(get("/ready").statusCode()).isEqualTo(200);
        assertThat(send("PUT", "/v1/topics/t", "{\"partitions\":3}").statusCode())
                .isEqualTo(201);
        assertThat(get("/metrics").body()).contains("varve_ready 1.0").contains("varve_http_in_flight_bytes 0.0");
    }

    @Test
    void an_address_that_another_one_has_is_told_at_once() {
        Config same = ConfigFactory.parseString("varve.server.http.bind = \"127.0.0.1:"
                        + server.address().getPort() + "\"")
                .withFallback(config);
        assertThatThrownBy(() -> HttpServer.listen(system, settings(same), metrics, () -> awaited)
                        .toCompletableFuture()
                        .join())
                .isInstanceOf(CompletionException.class)
                .hasStackTraceContaining("Address already in use");
    }
}
