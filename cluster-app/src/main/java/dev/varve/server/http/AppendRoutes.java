package dev.varve.server.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.server.http.Spread.Fate;
import dev.varve.server.metrics.ServerMetrics;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Appends records that come as one JSON object. Any thread. */
final class AppendRoutes {
    private final HttpSettings settings;
    private final Requests requests;
    private final Partitions partitions;
    private final PartitionCounts counts;
    private final Spread spread;
    private final ServerMetrics metrics;

    AppendRoutes(
            HttpSettings settings,
            Requests requests,
            Partitions partitions,
            PartitionCounts counts,
            Spread spread,
            ServerMetrics metrics) {
        this.settings = settings;
        this.requests = requests;
        this.partitions = partitions;
        this.counts = counts;
        this.spread = spread;
        this.metrics = metrics;
    }

    /** Appends to one partition, all of it or nothing. */
    CompletionStage<HttpResponse> toPartition(HttpRequest request, String topic, int partition) {
        return requests.withBody(request, body -> {
            RecordsBody batch = read(body.toArrayUnsafe());
            return partitions
                    .append(topic, partition, batch.records(), batch.producer())
                    .thenApply(appended -> {
                        if (!appended.duplicate()) {
                            metrics.appended(batch.records());
                        }
                        return Answers.json(200, json -> {
                            json.writeStartObject();
                            json.writeNumberField("partition", partition);
                            json.writeNumberField("baseOffset", appended.baseOffset());
                            json.writeNumberField("count", batch.records().size());
                            json.writeBooleanField("duplicate", appended.duplicate());
                            json.writeEndObject();
                        });
                    });
        });
    }

    /** Appends to the partitions of the keys; all of it or nothing in each. */
    CompletionStage<HttpResponse> toTopic(HttpRequest request, String topic) {
        return requests.withBody(request, body -> {
            RecordsBody batch = read(body.toArrayUnsafe());
            if (batch.producer().isPresent()) {
                throw new ProblemException(
                        Problem.invalid("a producer numbers its records in one partition; send them to" + " /v1/topics/"
                                + topic + "/partitions/{partition}/records"));
            }
            return counts.of(topic)
                    .thenCompose(count -> spread.append(topic, count, batch.records()))
                    .thenApply(fates -> answer(topic, batch, fates));
        });
    }

    private RecordsBody read(byte[] body) {
        return RecordsBody.read(body, settings.maxRecords(), System.currentTimeMillis());
    }

    private HttpResponse answer(String topic, RecordsBody batch, List<Fate> fates) {
        for (int i = 0; i < fates.size(); i++) {
            if (fates.get(i).problem() == null) {
                metrics.appended(batch.records().subList(i, i + 1));
            }
        }
        Problem first = fates.stream()
                .map(Fate::problem)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
        if (first == null) {
            return Answers.json(200, json -> {
                json.writeStartObject();
                writeResults(json, fates);
                json.writeEndObject();
            });
        }
        counts.forget(topic);
        return Answers.problem(first, json -> writeResults(json, fates));
    }

    private static void writeResults(JsonGenerator json, List<Fate> fates) throws IOException {
        json.writeArrayFieldStart("results");
        for (Fate fate : fates) {
            writeResult(json, fate);
        }
        json.writeEndArray();
    }

    static void writeResult(JsonGenerator json, Fate fate) throws IOException {
        json.writeStartObject();
        json.writeNumberField("partition", fate.partition());
        if (fate.problem() == null) {
            json.writeNumberField("offset", fate.offset());
        } else {
            json.writeFieldName("error");
            Answers.writeProblem(json, fate.problem());
        }
        json.writeEndObject();
    }
}
