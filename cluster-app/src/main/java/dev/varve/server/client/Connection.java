package dev.varve.server.client;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sends requests to any of some servers: to one as long as it answers, to the next one when it cannot be reached or cannot serve for now.
 * Any thread.
 */
final class Connection {
    static final JsonFactory JSON = new JsonFactoryBuilder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();
    static final ObjectMapper MAPPER = new ObjectMapper(JSON);

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    /** How long a server that does not answer is waited for while there is another one that has not been asked. */
    private static final Duration FIRST_TIMEOUT = Duration.ofSeconds(2);

    /** How much longer an answer may take to come to its end than to begin. */
    private static final Duration BODY_TIMEOUT = Duration.ofSeconds(5);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();
    private final List<URI> servers;
    private final Duration requestTimeout;
    private final Duration retryFor;
    private final Duration retryDelay;
    private final AtomicInteger current = new AtomicInteger();

    /**
     * @param requestTimeout how long one attempt may take, the time that the server waits on purpose not counted
     * @param retryFor how long what may be sent again is sent again
     * @param retryDelay how long to wait before it is sent again
     */
    Connection(List<URI> servers, Duration requestTimeout, Duration retryFor, Duration retryDelay) {
        this.servers = servers;
        this.requestTimeout = requestTimeout;
        this.retryFor = retryFor;
        this.retryDelay = retryDelay;
    }

    /**
     * What is to be sent.
     *
     * @param path from the root of the server on, with its query
     * @param body JSON, or null
     * @param serverWait how long the server waits on purpose
     */
    record Call(String method, String path, byte[] body, Duration serverWait) {
        static Call get(String path) {
            return new Call("GET", path, null, Duration.ZERO);
        }

        static Call of(String method, String path, byte[] body) {
            return new Call(method, path, body, Duration.ZERO);
        }
    }

    /** A part of a path: a slash or a question mark in a name does not end it. */
    static String segment(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    int serverCount() {
        return servers.size();
    }

    /** The place of the server that is asked when any will do. */
    int current() {
        return current.get();
    }

    /** When any will do, it shall be another one than this, which does not serve for now. */
    void turnFrom(int server) {
        current.compareAndSet(server, (server + 1) % servers.size());
    }

    /** Sends a call once; the body of the answer. */
    CompletionStage<byte[]> once(Call call) {
        return once(call, requestTimeout);
    }

    private CompletionStage<byte[]> once(Call call, Duration timeout) {
        int server = current();
        return sendTo(server, call, timeout).whenComplete((answer, failure) -> {
            if (failure != null && problem(failure).isForNow()) {
                turnFrom(server);
            }
        });
    }

    /**
     * Sends a call that does no harm when it is done twice; again and again while it fails for now. The time counts from the first failure,
     * and each server is tried once, or one that does not answer would use up what is there for the others.
     */
    CompletionStage<byte[]> retrying(Call call) {
        return retrying(call, 1, 0);
    }

    /** @param firstFailureNanos nothing to go by at the first attempt */
    private CompletionStage<byte[]> retrying(Call call, int attempt, long firstFailureNanos) {
        boolean isFirst = attempt < servers.size() && FIRST_TIMEOUT.compareTo(requestTimeout) < 0;
        return once(call, isFirst ? FIRST_TIMEOUT : requestTimeout)
                .handle((answer, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.completedStage(answer);
                    }
                    VarveException problem = problem(failure);
                    long now = System.nanoTime();
                    long firstNanos = attempt == 1 ? now : firstFailureNanos;
                    boolean isTimeLeft = now - firstNanos + retryDelay.toNanos() < retryFor.toNanos();
                    if (!problem.isForNow() || (attempt >= servers.size() && !isTimeLeft)) {
                        return CompletableFuture.<byte[]>failedStage(problem);
                    }
                    // Others may be there when one is not.
                    boolean isGone = problem.code().equals(VarveException.UNREACHABLE);
                    boolean isOtherLeft = attempt % servers.size() != 0;
                    return after(isGone && isOtherLeft ? Duration.ZERO : retryDelay)
                            .thenCompose(waited -> retrying(call, attempt + 1, firstNanos));
                })
                .thenCompose(answer -> answer);
    }

    /** Completes when so much time has passed, or before if it is completed. */
    static CompletableFuture<Void> after(Duration delay) {
        return delay.isZero()
                ? CompletableFuture.completedFuture(null)
                : new CompletableFuture<Void>().completeOnTimeout(null, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    /**
     * Sends a call once to one server; the body of the answer.
     *
     * @param timeout how long it may take until it is answered, the time that the server waits on purpose not counted
     */
    CompletionStage<byte[]> sendTo(int server, Call call, Duration timeout) {
        URI base = servers.get(server);
        HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(call.path()))
                .timeout(timeout.plus(call.serverWait()))
                .method(
                        call.method(),
                        call.body() == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(call.body()));
        if (call.body() != null) {
            request.header("Content-Type", "application/json");
        }
        CompletableFuture<HttpResponse<byte[]>> sent = http.sendAsync(request.build(), BodyHandlers.ofByteArray());
        // The client itself waits for the beginning of the answer only.
        CompletableFuture<Void> patience = after(timeout.plus(call.serverWait()).plus(BODY_TIMEOUT));
        patience.thenRun(() -> sent.cancel(true));
        return sent.handle((response, failure) -> {
            patience.cancel(false);
            VarveException problem = failure == null ? problem(response) : unreachable(base, cause(failure));
            if (problem == null) {
                return response.body();
            }
            throw problem;
        });
    }

    private static VarveException unreachable(URI server, Throwable cause) {
        String why = cause instanceof CancellationException
                ? "the answer did not come to its end"
                : cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new VarveException("the server at " + server + " cannot be reached: " + why, cause);
    }

    /** What is wrong with an answer; null if nothing is. */
    private static VarveException problem(HttpResponse<byte[]> response) {
        if (response.statusCode() / 100 == 2) {
            return null;
        }
        try {
            JsonNode members = MAPPER.readTree(response.body());
            if (members.hasNonNull("code") && members.path("status").isInt()) {
                return problem(members);
            }
        } catch (IOException e) {
            // Not from a server of ours: a proxy, perhaps. Said below.
        }
        return new VarveException(
                response.statusCode(),
                "http-" + response.statusCode(),
                response.uri() + " answered with status " + response.statusCode(),
                null);
    }

    /** A problem as the server writes it. */
    static VarveException problem(JsonNode members) {
        return new VarveException(
                members.path("status").asInt(),
                members.path("code").asText(),
                members.path("detail").asText(),
                members);
    }

    /** A failure as what every failure of a client is. */
    static VarveException problem(Throwable failure) {
        Throwable cause = cause(failure);
        return cause instanceof VarveException known
                ? known
                : new VarveException("the answer of the server makes no sense: " + cause, cause);
    }

    private static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Reads the body of an answer as a tree. */
    static JsonNode tree(byte[] body) {
        try {
            return MAPPER.readTree(body);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    static VarveException unreadable(IOException e) {
        String why = e instanceof JacksonException json ? json.getOriginalMessage() : e.getMessage();
        return new VarveException("the answer of the server cannot be read: " + why, e);
    }
}
