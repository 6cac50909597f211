package dev.varve.server.http;

import dev.varve.server.metrics.ServerMetrics;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** What a server that has no node yet has to say: that it is there, and what it waits for. Any thread. */
final class WaitingRoutes {
    /** What is told apart in the metrics. */
    private static final Map<String, String> ROUTES =
            Map.of("/alive", "alive", "/ready", "ready", "/metrics", "metrics");

    private static final String OTHER = "waiting";

    private final Requests requests;
    private final ServerMetrics metrics;
    private final Supplier<String> awaited;
    private final BooleanSupplier isStopping;

    /** @param awaited what is waited for, for people */
    WaitingRoutes(Requests requests, ServerMetrics metrics, Supplier<String> awaited, BooleanSupplier isStopping) {
        this.requests = requests;
        this.metrics = metrics;
        this.awaited = awaited;
        this.isStopping = isStopping;
    }

    /** Answers a request. Never fails. */
    CompletionStage<HttpResponse> answer(HttpRequest request) {
        long began = System.nanoTime();
        String method = request.method().equals(HttpMethods.GET) ? "GET" : "other";
        String route =
                method.equals("GET") ? ROUTES.getOrDefault(request.getUri().path(), OTHER) : OTHER;
        return answer(request, route)
                .exceptionally(failure -> Answers.problem(Problems.of(failure)))
                .thenApply(response -> {
                    metrics.request(method, route, response.status().intValue(), System.nanoTime() - began);
                    return response;
                });
    }

    private CompletionStage<HttpResponse> answer(HttpRequest request, String route) {
        return switch (route) {
            case "alive" -> CompletableFuture.completedStage(NodeRoutes.status("alive"));
            case "metrics" -> CompletableFuture.completedStage(NodeRoutes.text(metrics.scrape()));
            default -> requests.refuse(request, notReady());
        };
    }

    private Problem notReady() {
        return isStopping.getAsBoolean()
                ? NodeRoutes.STOPPING
                : Problem.unavailable(NodeRoutes.NOT_READY, awaited.get());
    }
}
