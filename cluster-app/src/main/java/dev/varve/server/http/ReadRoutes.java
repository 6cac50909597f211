package dev.varve.server.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.log.format.LogRecord;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.server.metrics.ServerMetrics;
import dev.varve.server.records.RecordWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Reads records and finds offsets. Any thread. */
final class ReadRoutes {
    private static final int DEFAULT_READ_BYTES = 256 << 10;

    private final HttpSettings settings;
    private final Partitions partitions;
    private final ByteBudget inFlight;
    private final ServerMetrics metrics;

    ReadRoutes(HttpSettings settings, Partitions partitions, ByteBudget inFlight, ServerMetrics metrics) {
        this.settings = settings;
        this.partitions = partitions;
        this.inFlight = inFlight;
        this.metrics = metrics;
    }

    /** {@code from}, the log start offset by default, {@code max_bytes} and {@code wait_ms}. */
    CompletionStage<HttpResponse> records(HttpRequest request, String topic, int partition) {
        OptionalLong from = Requests.offset(request, "from");
        int maxBytes = (int) Requests.number(request, "max_bytes", settings.maxReadBytes())
                .orElse(Math.min(DEFAULT_READ_BYTES, settings.maxReadBytes()));
        long waitMillis = Requests.number(request, "wait_ms", settings.maxWait().toMillis())
                .orElse(0);
        if (!inFlight.tryTake(maxBytes)) {
            return CompletableFuture.failedStage(new ProblemException(Problem.overloaded(
                    "all reads together ask for as many bytes as they may (varve.server.http.max-read-bytes-in-flight);"
                            + " ask again a little later, or for fewer bytes")));
        }
        return from(topic, partition, from)
                .thenCompose(first -> partitions.read(topic, partition, first, maxBytes, Duration.ofMillis(waitMillis)))
                .thenApply(this::answer)
                .whenComplete((response, failure) -> inFlight.giveBack(maxBytes));
    }

    private CompletionStage<Long> from(String topic, int partition, OptionalLong from) {
        return from.isPresent()
                ? CompletableFuture.completedStage(from.getAsLong())
                : partitions.bounds(topic, partition).thenApply(bounds -> bounds.logStartOffset());
    }

    private HttpResponse answer(Records read) {
        metrics.read(read.records());
        return Answers.json(200, json -> write(json, read));
    }

    private static void write(JsonGenerator json, Records read) throws IOException {
        RecordWriter writer = new RecordWriter(json);
        json.writeStartObject();
        json.writeNumberField("logStartOffset", read.logStartOffset());
        json.writeNumberField("highWatermark", read.logEndOffset());
        json.writeNumberField("nextOffset", read.nextOffset());
        json.writeArrayFieldStart("records");
        for (LogRecord record : read.records()) {
            writer.write(record);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /** With {@code time} the first offset at or after it, or null if there is none; without it the bounds of the partition. */
    CompletionStage<HttpResponse> offsets(HttpRequest request, String topic, int partition) {
        String time = Requests.parameter(request, "time");
        if (time == null) {
            return partitions
                    .bounds(topic, partition)
                    .thenApply(bounds -> Answers.json(200, json -> {
                        json.writeStartObject();
                        json.writeNumberField("logStartOffset", bounds.logStartOffset());
                        json.writeNumberField("highWatermark", bounds.logEndOffset());
                        json.writeEndObject();
                    }));
        }
        return partitions
                .offsetFor(topic, partition, Requests.time(time))
                .thenApply(offset -> Answers.json(200, json -> {
                    json.writeStartObject();
                    if (offset.isPresent()) {
                        json.writeNumberField("offset", offset.getAsLong());
                    } else {
                        json.writeNullField("offset");
                    }
                    json.writeEndObject();
                }));
    }
}
