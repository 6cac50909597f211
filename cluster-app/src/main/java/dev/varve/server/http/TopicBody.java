package dev.varve.server.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.varve.cluster.TopicChange;
import dev.varve.cluster.TopicCompaction;
import dev.varve.cluster.TopicSettings;
import dev.varve.cluster.TopicSpec;
import dev.varve.log.format.Compression;
import dev.varve.server.records.CompactionJson;
import dev.varve.server.records.MalformedRecordException;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;

/**
 * What a request says of a topic: any of {@code partitions}, {@code retentionMs}, {@code retentionBytes} (null for all, and for ever),
 * {@code compaction} (true for latest-of-key, false for off), {@code compression} and {@code segmentBytes}.
 */
record TopicBody(OptionalInt partitions, TopicChange change) {

    static TopicBody read(byte[] body) {
        OptionalInt partitions = OptionalInt.empty();
        Optional<OptionalLong> retentionMs = Optional.empty();
        Optional<OptionalLong> retentionBytes = Optional.empty();
        Optional<TopicCompaction> compaction = Optional.empty();
        Optional<Compression> compression = Optional.empty();
        OptionalLong segmentBytes = OptionalLong.empty();
        try (JsonParser json = Answers.JSON.createParser(body)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new MalformedRecordException("it must be an object, such as {\"partitions\":3}");
            }
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = json.currentName();
                json.nextToken();
                switch (name) {
                    case "partitions" -> partitions = OptionalInt.of(WholeNumbers.readInt(json));
                    case "retentionMs" -> retentionMs = Optional.of(limit(json));
                    case "retentionBytes" -> retentionBytes = Optional.of(limit(json));
                    case "compaction" -> compaction = Optional.of(CompactionJson.read(json));
                    case "compression" -> compression = Optional.of(Compression.named(json.getText()));
                    case "segmentBytes" -> segmentBytes = OptionalLong.of(WholeNumbers.readLong(json));
                    default ->
                        throw new MalformedRecordException("a topic has no field \"" + name
                                + "\": it takes partitions, retentionMs, retentionBytes, compaction, compression and"
                                + " segmentBytes");
                }
            }
            if (json.nextToken() != null) {
                throw new MalformedRecordException("there is something behind its end");
            }
        } catch (IOException e) {
            throw new CompletionException(e);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(Problem.invalid(e.getMessage()));
        }
        return new TopicBody(
                partitions, new TopicChange(retentionMs, retentionBytes, compaction, compression, segmentBytes));
    }

    private static OptionalLong limit(JsonParser json) throws IOException {
        return json.currentToken() == JsonToken.VALUE_NULL
                ? OptionalLong.empty()
                : OptionalLong.of(WholeNumbers.readLong(json));
    }

    /** The topic that is to be created; one partition if nothing is said of them. */
    TopicSpec spec(String name) {
        try {
            return new TopicSpec(name, partitions.orElse(1), change.applyTo(TopicSettings.DEFAULT));
        } catch (IllegalArgumentException e) {
            throw new ProblemException(Problem.invalid(e.getMessage()));
        }
    }

    /** The change that is to be made. */
    TopicChange alteration() {
        if (partitions.isPresent()) {
            throw new ProblemException(Problem.invalid("the number of partitions cannot be changed: keys would part"));
        }
        try {
            change.applyTo(TopicSettings.DEFAULT);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(Problem.invalid(e.getMessage()));
        }
        return change;
    }
}
