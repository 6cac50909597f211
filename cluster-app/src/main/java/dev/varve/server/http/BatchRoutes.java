package dev.varve.server.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.cluster.TopicAppend;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.server.metrics.ServerMetrics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Appends batches to several partitions, of several topics, for those who count requests. Any thread. */
final class BatchRoutes {
    private final HttpSettings settings;
    private final Requests requests;
    private final Partitions partitions;
    private final ServerMetrics metrics;

    BatchRoutes(HttpSettings settings, Requests requests, Partitions partitions, ServerMetrics metrics) {
        this.settings = settings;
        this.requests = requests;
        this.partitions = partitions;
        this.metrics = metrics;
    }

    /** What became of a batch: one of the two is null. */
    private record Fate(TopicAppend batch, Appended appended, Problem problem) {}

    /** Appends each batch, all of it or nothing, whatever becomes of the others; answers with what became of each, in their order. */
    CompletionStage<HttpResponse> append(HttpRequest request) {
        return requests.withBody(request, body -> {
            List<TopicAppend> batches =
                    BatchesBody.read(body.toArrayUnsafe(), settings.maxRecords(), System.currentTimeMillis());
            List<CompletionStage<Appended>> answers = partitions.append(batches);
            List<CompletableFuture<Fate>> fates = new ArrayList<>(batches.size());
            for (int i = 0; i < batches.size(); i++) {
                TopicAppend batch = batches.get(i);
                fates.add(answers.get(i)
                        .handle((appended, failure) ->
                                new Fate(batch, appended, failure == null ? null : Problems.of(failure)))
                        .toCompletableFuture());
            }
            return CompletableFuture.allOf(fates.toArray(CompletableFuture[]::new))
                    .thenApply(done ->
                            answer(fates.stream().map(CompletableFuture::join).toList()));
        });
    }

    private HttpResponse answer(List<Fate> fates) {
        for (Fate fate : fates) {
            if (fate.problem() == null && !fate.appended().duplicate()) {
                metrics.appended(fate.batch().records());
            }
        }
        return Answers.json(200, json -> {
            json.writeStartObject();
            json.writeArrayFieldStart("results");
            for (Fate fate : fates) {
                write(json, fate);
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    private static void write(JsonGenerator json, Fate fate) throws IOException {
        json.writeStartObject();
        json.writeStringField("topic", fate.batch().topic());
        json.writeNumberField("partition", fate.batch().partition());
        if (fate.problem() == null) {
            json.writeNumberField("baseOffset", fate.appended().baseOffset());
            json.writeNumberField("count", fate.batch().records().size());
            json.writeBooleanField("duplicate", fate.appended().duplicate());
        } else {
            json.writeFieldName("error");
            Answers.writeProblem(json, fate.problem());
        }
        json.writeEndObject();
    }
}
