package dev.varve.server.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.varve.cluster.TopicAppend;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.NewRecord;
import dev.varve.server.records.MalformedRecordException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** What a request brings to append to several partitions: {@code {"batches":[{"topic","partition","producer","records"}]}}. */
final class BatchesBody {
    private BatchesBody() {}

    /**
     * Reads the batches of a request, one or more.
     *
     * @param maxRecords how many records all of them may have
     * @param now the timestamp of records that bring none
     */
    static List<TopicAppend> read(byte[] body, int maxRecords, long now) {
        try (JsonParser json = Answers.JSON.createParser(body)) {
            RecordsBody.require(
                    json.nextToken() == JsonToken.START_OBJECT
                            && json.nextToken() == JsonToken.FIELD_NAME
                            && json.currentName().equals("batches")
                            && json.nextToken() == JsonToken.START_ARRAY,
                    "it must be an object, {\"batches\":[...]}");
            List<TopicAppend> batches = new ArrayList<>();
            int left = maxRecords;
            while (json.nextToken() != JsonToken.END_ARRAY) {
                TopicAppend batch = batch(json, left, maxRecords, now);
                left -= batch.records().size();
                batches.add(batch);
            }
            RecordsBody.require(
                    json.nextToken() == JsonToken.END_OBJECT && json.nextToken() == null,
                    "there is something behind the batches");
            RecordsBody.require(!batches.isEmpty(), "there are no batches in it");
            return batches;
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    private static TopicAppend batch(JsonParser json, int left, int maxRecords, long now) throws IOException {
        RecordsBody.require(json.currentToken() == JsonToken.START_OBJECT, "a batch must be an object");
        String topic = null;
        int partition = -1;
        List<NewRecord> records = null;
        Optional<Producer> producer = Optional.empty();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            json.nextToken();
            switch (name) {
                case "topic" -> topic = json.getText();
                case "partition" -> partition = WholeNumbers.readInt(json);
                case "records" -> {
                    RecordsBody.require(records == null, "a batch has \"records\" twice");
                    records = RecordsBody.records(json, left, maxRecords, now);
                }
                case "producer" -> producer = Optional.of(RecordsBody.producer(json));
                default ->
                    throw new MalformedRecordException(
                            "a batch has no field \"" + name + "\": it takes topic, partition, producer and records");
            }
        }
        RecordsBody.require(
                topic != null && partition >= 0 && records != null && !records.isEmpty(),
                "a batch must have a topic, a partition and records");
        return new TopicAppend(topic, partition, records, producer);
    }
}
