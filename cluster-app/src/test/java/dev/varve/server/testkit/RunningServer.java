package dev.varve.server.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.server.http.HttpServer;
import dev.varve.server.http.HttpSettings;
import dev.varve.server.metrics.ServerMetrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A server on a free port of the loopback, over topics in memory, and a client that knows nothing of it but HTTP. */
public final class RunningServer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ActorSystem<Void> system;
    private final InMemoryTopics topics;
    private final ServerMetrics metrics = new ServerMetrics();
    private final HttpServer server;

    private RunningServer(String settings) {
        Config config = ConfigFactory.parseString(settings)
                .withFallback(ConfigFactory.parseString("varve.server.http.bind = \"127.0.0.1:0\""))
                .withFallback(ConfigFactory.load());
        system = ActorSystem.create(Behaviors.empty(), "server-test", config);
        topics = new InMemoryTopics(system);
        metrics.watchDisk(Path.of("."));
        server = HttpServer.start(
                        system, topics, HttpSettings.fromConfig(config.getConfig("varve.server.http")), metrics)
                .toCompletableFuture()
                .join();
    }

    /** @param settings what is other than usual, as configuration */
    public static RunningServer start(String settings) {
        return new RunningServer(settings);
    }

    public InMemoryTopics topics() {
        return topics;
    }

    public HttpServer server() {
        return server;
    }

    public ActorSystem<?> system() {
        return system;
    }

    public URI url() {
        return URI.create(server.url());
    }

    /** An answer. */
    public record Answer(int status, String text, HttpResponse<String> response) {
        public JsonNode json() {
            try {
                return JSON.readTree(text);
            } catch (IOException e) {
                throw new UncheckedIOException(text, e);
            }
        }

        public Answer is(int expected) {
            if (status != expected) {
                throw new AssertionError("status " + status + " and not " + expected + ": " + text);
            }
            return this;
        }

        /** A problem of this kind. */
        public JsonNode isProblem(int expected, String code) {
            is(expected);
            if (!response.headers().firstValue("Content-Type").orElse("").equals("application/problem+json")
                    || !json().path("code").asText().equals(code)
                    || json().path("status").asInt() != expected) {
                throw new AssertionError(
                        "no problem " + code + ": " + response.headers().map() + " " + text);
            }
            return json();
        }
    }

    public Answer get(String path) {
        return send("GET", path, null);
    }

    public Answer post(String path, String body) {
        return send("POST", path, body);
    }

    public Answer put(String path, String body) {
        return send("PUT", path, body);
    }

    public Answer send(String method, String path, String body) {
        return send(method, path, body, "application/json");
    }

    public Answer send(String method, String path, String body, String contentType) {
        return sendAsync(method, path, body, contentType).join();
    }

    public CompletableFuture<Answer> sendAsync(String method, String path, String body, String contentType) {
        HttpRequest request = request(path)
                .header("Content-Type", contentType)
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        return http.sendAsync(request, BodyHandlers.ofString())
                .thenApply(response -> new Answer(response.statusCode(), response.body(), response));
    }

    public HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server.url() + path)).timeout(Duration.ofSeconds(20));
    }

    public HttpClient http() {
        return http;
    }

    @Override
    public void close() {
        server.stop(Duration.ofMillis(100)).toCompletableFuture().join();
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().join();
        metrics.close();
    }
}
