package dev.varve.server.client;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.server.client.PartitionQueue.Batch;
import dev.varve.server.client.PartitionQueue.Waiting;
import dev.varve.server.records.RecordWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Batches of several partitions, and what became of them, as JSON. Any thread. */
final class BatchesJson {
    private BatchesJson() {}

    static byte[] of(List<Batch> batches) {
        int bytes = batches.stream().mapToInt(Batch::bytes).sum();
        ByteArrayOutputStream out = new ByteArrayOutputStream(256 + bytes);
        try (JsonGenerator json = Connection.JSON.createGenerator(out)) {
            RecordWriter writer = new RecordWriter(json);
            json.writeStartObject();
            json.writeArrayFieldStart("batches");
            for (Batch batch : batches) {
                write(json, writer, batch);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("an array in memory cannot fail", e);
        }
        return out.toByteArray();
    }

    private static void write(JsonGenerator json, RecordWriter writer, Batch batch) throws IOException {
        json.writeStartObject();
        json.writeStringField("topic", batch.queue().topic());
        json.writeNumberField("partition", batch.queue().partition());
        json.writeObjectFieldStart("producer");
        json.writeNumberField("id", batch.producerId());
        json.writeNumberField("epoch", 0);
        json.writeNumberField("sequence", batch.sequence());
        json.writeEndObject();
        json.writeArrayFieldStart("records");
        for (Waiting entry : batch.records()) {
            writer.writeShort(entry.record());
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /** What became of each batch, in their order: each has a base offset or a problem. */
    static List<JsonNode> results(byte[] answer, int count) {
        List<JsonNode> results = new ArrayList<>(count);
        Connection.tree(answer).path("results").forEach(results::add);
        if (results.size() != count) {
            throw new VarveException(
                    "the answer of the server makes no sense: " + results.size() + " results of " + count + " batches",
                    null);
        }
        for (JsonNode result : results) {
            if (!result.path("baseOffset").isIntegralNumber() && problem(result) == null) {
                throw new VarveException(
                        "the answer of the server makes no sense: a batch without base offset and error", null);
            }
        }
        return results;
    }

    /** Why a batch is not stored; null if it is. */
    static VarveException problem(JsonNode result) {
        JsonNode error = result.path("error");
        return error.isObject() ? Connection.problem(error) : null;
    }
}
