package dev.varve.server.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.varve.cluster.TopicService;
import dev.varve.server.records.MalformedRecordException;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** The offsets that groups of consumers have committed. Any thread. */
final class GroupRoutes {
    private final TopicService topics;
    private final Requests requests;

    GroupRoutes(TopicService topics, Requests requests) {
        this.topics = topics;
        this.requests = requests;
    }

    CompletionStage<HttpResponse> offsets(String group, String topic) {
        return topics.offsets(group, topic)
                .thenApply(offsets -> Answers.json(200, json -> {
                    json.writeStartObject();
                    for (Map.Entry<Integer, Long> entry : new TreeMap<>(offsets).entrySet()) {
                        json.writeNumberField(entry.getKey().toString(), entry.getValue());
                    }
                    json.writeEndObject();
                }));
    }

    CompletionStage<HttpResponse> commit(HttpRequest request, String group, String topic) {
        return requests.withBody(request, body -> topics.commit(group, topic, read(body.toArrayUnsafe()))
                .thenApply(done -> Answers.noContent()));
    }

    private static Map<Integer, Long> read(byte[] body) {
        try (JsonParser json = Answers.JSON.createParser(body)) {
            require(json.nextToken() == JsonToken.START_OBJECT);
            Map<Integer, Long> offsets = new TreeMap<>();
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = json.currentName();
                int partition = Requests.partition(name)
                        .orElseThrow(() -> new MalformedRecordException("'" + name + "' is no number of a partition"));
                require(json.nextToken() == JsonToken.VALUE_NUMBER_INT);
                offsets.put(partition, json.getLongValue());
            }
            require(json.nextToken() == null && !offsets.isEmpty());
            return offsets;
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    private static void require(boolean holds) throws MalformedRecordException {
        if (!holds) {
            throw new MalformedRecordException(
                    "it must be an object with an offset for each partition, such as {\"0\":17}");
        }
    }
}
