package dev.varve.server.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.NewRecord;
import dev.varve.server.records.MalformedRecordException;
import dev.varve.server.records.RecordReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/**
 * What a request brings to append.
 *
 * @param records one or more
 * @param producer who sends them, so that they may be sent again
 */
record RecordsBody(List<NewRecord> records, Optional<Producer> producer) {

    /**
     * Reads {@code {"records":[...],"producer":{"id":1,"epoch":0,"sequence":0}}}, the producer being optional.
     *
     * @param now the timestamp of records that bring none
     */
    static RecordsBody read(byte[] body, int maxRecords, long now) {
        try (JsonParser json = Answers.JSON.createParser(body)) {
            require(json.nextToken() == JsonToken.START_OBJECT, "it must be an object, {\"records\":[...]}");
            List<NewRecord> records = null;
            Optional<Producer> producer = Optional.empty();
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = json.currentName();
                json.nextToken();
                switch (name) {
                    case "records" -> {
                        require(records == null, "it has \"records\" twice");
                        records = records(json, maxRecords, maxRecords, now);
                    }
                    case "producer" -> producer = Optional.of(producer(json));
                    default ->
                        throw new MalformedRecordException("there is no field \"" + name
                                + "\": it takes records and producer. Records that are lines of their own are sent to"
                                + " /v1/topics/{topic}/records as application/x-ndjson");
                }
            }
            require(json.nextToken() == null, "there is something behind its end");
            require(records != null && !records.isEmpty(), "there are no records in it");
            return new RecordsBody(records, producer);
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    /** @param left how many there may be still, of those that the request may bring */
    static List<NewRecord> records(JsonParser json, int left, int maxRecords, long now) throws IOException {
        require(json.currentToken() == JsonToken.START_ARRAY, "\"records\" must be an array");
        List<NewRecord> records = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (records.size() == left) {
                throw new ProblemException(Problem.tooLarge(
                        "too-many-records",
                        "a request may bring " + maxRecords
                                + " records (varve.server.http.max-records); nothing was stored"));
            }
            records.add(RecordReader.readNew(json, now));
        }
        return records;
    }

    static Producer producer(JsonParser json) throws IOException {
        require(json.currentToken() == JsonToken.START_OBJECT, "\"producer\" must be an object");
        long id = -1;
        int epoch = 0;
        int sequence = -1;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            json.nextToken();
            switch (name) {
                case "id" -> id = WholeNumbers.readLong(json);
                case "epoch" -> epoch = WholeNumbers.readInt(json);
                case "sequence" -> sequence = WholeNumbers.readInt(json);
                default ->
                    throw new MalformedRecordException(
                            "a producer has no field \"" + name + "\": it takes id, epoch and sequence");
            }
        }
        require(
                id >= 0 && sequence >= 0 && epoch >= 0 && epoch <= Short.MAX_VALUE,
                "a producer must have an id and a sequence, 0 or more, and an epoch of 0 to 32767");
        return new Producer(id, (short) epoch, sequence);
    }

    static void require(boolean holds, String message) throws MalformedRecordException {
        if (!holds) {
            throw new MalformedRecordException(message);
        }
    }
}
