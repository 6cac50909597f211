package dev.varve.server.http;

import dev.varve.server.metrics.ServerMetrics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** Which request goes where. Whatever fails becomes a problem here. Any thread. */
final class Routes {
    private final Requests requests;
    private final TopicRoutes topics;
    private final AppendRoutes appends;
    private final BatchRoutes batches;
    private final StreamedAppend streams;
    private final ReadRoutes reads;
    private final TailRoute tail;
    private final GroupRoutes groups;
    private final NodeRoutes node;
    private final ServerMetrics metrics;

    Routes(
            Requests requests,
            TopicRoutes topics,
            AppendRoutes appends,
            BatchRoutes batches,
            StreamedAppend streams,
            ReadRoutes reads,
            TailRoute tail,
            GroupRoutes groups,
            NodeRoutes node,
            ServerMetrics metrics) {
        this.requests = requests;
        this.topics = topics;
        this.appends = appends;
        this.batches = batches;
        this.streams = streams;
        this.reads = reads;
        this.tail = tail;
        this.groups = groups;
        this.node = node;
        this.metrics = metrics;
    }

    /** What can be done at a path. */
    private static final class Place {
        private static final Place NOWHERE = new Place("none");

        private final String name;
        private final Map<String, Function<HttpRequest, CompletionStage<HttpResponse>>> methods = new LinkedHashMap<>();

        /** @param name for the metrics: one of a few, so nothing that a request brings */
        private Place(String name) {
            this.name = name;
        }

        private Place on(String method, Function<HttpRequest, CompletionStage<HttpResponse>> answer) {
            methods.put(method, answer);
            return this;
        }
    }

    /** Answers a request. Never fails. */
    CompletionStage<HttpResponse> answer(HttpRequest request) {
        long began = System.nanoTime();
        String method = request.method().value();
        Place place = place(segments(request));
        return answer(request, method, place)
                .exceptionally(failure -> Answers.problem(Problems.of(failure)))
                .thenApply(response -> {
                    String known = place.methods.containsKey(method) ? method : "other";
                    metrics.request(known, place.name, response.status().intValue(), System.nanoTime() - began);
                    return response;
                });
    }

    private CompletionStage<HttpResponse> answer(HttpRequest request, String method, Place place) {
        Function<HttpRequest, CompletionStage<HttpResponse>> answer = place.methods.get(method);
        if (answer != null) {
            try {
                return answer.apply(request);
            } catch (RuntimeException e) {
                return CompletableFuture.failedStage(e);
            }
        }
        if (place == Place.NOWHERE) {
            return requests.refuse(
                    request,
                    Problem.notFound(
                            "no-such-route",
                            "there is nothing at " + request.getUri().path()));
        }
        String allowed = String.join(", ", place.methods.keySet());
        return requests.refuse(
                        request,
                        new Problem(405, "method-not-allowed", "only " + allowed + " can be done here, not " + method))
                .exceptionally(
                        failure -> Answers.problem(Problems.of(failure)).addHeader(RawHeader.create("Allow", allowed)));
    }

    private static List<String> segments(HttpRequest request) {
        return StreamSupport.stream(request.getUri().pathSegments().spliterator(), false)
                .toList();
    }

    private Place place(List<String> path) {
        if (path.size() == 1) {
            return switch (path.get(0)) {
                case "alive" -> new Place("alive").on("GET", request -> node.alive());
                case "ready" -> new Place("ready").on("GET", request -> node.ready());
                case "metrics" -> new Place("metrics").on("GET", request -> node.metrics());
                default -> Place.NOWHERE;
            };
        }
        if (path.size() < 2 || !path.get(0).equals("v1")) {
            return Place.NOWHERE;
        }
        return switch (path.get(1)) {
            case "cluster" ->
                path.size() == 2 ? new Place("cluster").on("GET", request -> node.cluster()) : Place.NOWHERE;
            case "batches" -> path.size() == 2 ? new Place("batches").on("POST", batches::append) : Place.NOWHERE;
            case "topics" -> topicPlace(path);
            case "groups" -> groupPlace(path);
            default -> Place.NOWHERE;
        };
    }

    private Place groupPlace(List<String> path) {
        if (path.size() != 6 || !path.get(3).equals("topics") || !path.get(5).equals("offsets")) {
            return Place.NOWHERE;
        }
        String group = path.get(2);
        String topic = path.get(4);
        return new Place("group-offsets")
                .on("GET", request -> groups.offsets(group, topic))
                .on("PUT", request -> groups.commit(request, group, topic));
    }

    private Place topicPlace(List<String> path) {
        if (path.size() == 2) {
            return new Place("topics").on("GET", request -> topics.list());
        }
        String topic = path.get(2);
        if (path.size() == 3) {
            return new Place("topic")
                    .on("GET", request -> topics.describe(topic))
                    .on("PUT", request -> topics.create(request, topic))
                    .on("PATCH", request -> topics.alter(request, topic))
                    .on("DELETE", request -> topics.delete(topic));
        }
        if (path.size() == 4 && path.get(3).equals("records")) {
            return new Place("topic-records").on("POST", request -> append(request, topic));
        }
        if (path.size() != 6 || !path.get(3).equals("partitions")) {
            return Place.NOWHERE;
        }
        OptionalInt partition = Requests.partition(path.get(4));
        return partition.isPresent() ? partitionPlace(topic, partition.getAsInt(), path.get(5)) : Place.NOWHERE;
    }

    private CompletionStage<HttpResponse> append(HttpRequest request, String topic) {
        return Requests.isOf(request, StreamedAppend.MEDIA_TYPE)
                ? streams.append(request, topic)
                : appends.toTopic(request, topic);
    }

    private Place partitionPlace(String topic, int partition, String what) {
        return switch (what) {
            case "records" ->
                new Place("partition-records")
                        .on("GET", request -> reads.records(request, topic, partition))
                        .on("POST", request -> appends.toPartition(request, topic, partition));
            case "tail" -> new Place("tail").on("GET", request -> tail.tail(request, topic, partition));
            case "offsets" -> new Place("offsets").on("GET", request -> reads.offsets(request, topic, partition));
            default -> Place.NOWHERE;
        };
    }
}
