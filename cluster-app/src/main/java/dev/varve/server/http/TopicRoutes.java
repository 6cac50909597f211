package dev.varve.server.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.cluster.ClusterDescription.Group;
import dev.varve.cluster.ClusterError;
import dev.varve.cluster.ClusterException;
import dev.varve.cluster.TopicDescription;
import dev.varve.cluster.TopicService;
import dev.varve.cluster.TopicSettings;
import dev.varve.log.LogDescription;
import dev.varve.partition.PartitionActor.Description;
import dev.varve.server.http.PartitionSamples.State;
import dev.varve.server.records.CompactionJson;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** Creates, describes, changes and deletes topics. Any thread. */
final class TopicRoutes {
    private final TopicService topics;
    private final PartitionSamples samples;
    private final PartitionCounts counts;
    private final Requests requests;

    TopicRoutes(TopicService topics, PartitionSamples samples, PartitionCounts counts, Requests requests) {
        this.topics = topics;
        this.samples = samples;
        this.counts = counts;
        this.requests = requests;
    }

    CompletionStage<HttpResponse> create(HttpRequest request, String topic) {
        return requests.withBody(request, body -> topics.create(
                        TopicBody.read(body.isEmpty() ? new byte[] {'{', '}'} : body.toArrayUnsafe())
                                .spec(topic))
                .thenCompose(created -> described(201, created))
                .thenApply(response -> {
                    counts.forget(topic);
                    return response.addHeader(RawHeader.create("Location", "/v1/topics/" + topic));
                }));
    }

    CompletionStage<HttpResponse> alter(HttpRequest request, String topic) {
        return requests.withBody(request, body -> topics.alter(
                        topic, TopicBody.read(body.toArrayUnsafe()).alteration())
                .thenCompose(altered -> described(200, altered)));
    }

    CompletionStage<HttpResponse> delete(String topic) {
        return topics.delete(topic).thenApply(done -> {
            counts.forget(topic);
            return Answers.noContent();
        });
    }

    CompletionStage<HttpResponse> describe(String topic) {
        return topics.describe(topic)
                .thenCompose(found -> described(
                        200, found.orElseThrow(() -> new ClusterException(new ClusterError.NoSuchTopic(topic)))));
    }

    CompletionStage<HttpResponse> list() {
        return topics.list().thenCompose(all -> samples.states(all).thenApply(states -> {
            Map<Integer, Group> groups = groups();
            return Answers.json(200, json -> {
                json.writeStartObject();
                json.writeArrayFieldStart("topics");
                for (TopicDescription topic : all) {
                    write(json, topic, states, groups);
                }
                json.writeEndArray();
                json.writeEndObject();
            });
        }));
    }

    private CompletionStage<HttpResponse> described(int status, TopicDescription topic) {
        return samples.states(List.of(topic)).thenApply(states -> {
            Map<Integer, Group> groups = groups();
            return Answers.json(status, json -> write(json, topic, states, groups));
        });
    }

    private Map<Integer, Group> groups() {
        return topics.describeCluster().groups().stream().collect(Collectors.toMap(Group::group, Function.identity()));
    }

    private static void write(
            JsonGenerator json,
            TopicDescription topic,
            Map<PartitionSamples.Id, State> states,
            Map<Integer, Group> groups)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("name", topic.name());
        json.writeNumberField("id", topic.id());
        writeSettings(json, topic.settings());
        json.writeArrayFieldStart("partitions");
        for (TopicDescription.Partition partition : topic.partitions()) {
            json.writeStartObject();
            json.writeNumberField("partition", partition.partition());
            json.writeNumberField("group", partition.group());
            writeGroup(json, groups.get(partition.group()));
            writeState(json, states.get(new PartitionSamples.Id(topic.name(), partition.partition())));
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writeSettings(JsonGenerator json, TopicSettings settings) throws IOException {
        writeLimit(json, "retentionMs", settings.retentionMs());
        writeLimit(json, "retentionBytes", settings.retentionBytes());
        CompactionJson.write(json, "compaction", settings.compaction());
        json.writeStringField("compression", settings.compression().toString());
        json.writeNumberField("segmentBytes", settings.segmentBytes());
    }

    private static void writeLimit(JsonGenerator json, String name, OptionalLong limit) throws IOException {
        if (limit.isPresent()) {
            json.writeNumberField(name, limit.getAsLong());
        } else {
            json.writeNullField(name);
        }
    }

    private static void writeGroup(JsonGenerator json, Group group) throws IOException {
        json.writeStringField("leader", group == null ? null : group.leader().orElse(null));
        json.writeArrayFieldStart("replicas");
        for (String replica : group == null ? List.<String>of() : group.replicas()) {
            json.writeString(replica);
        }
        json.writeEndArray();
    }

    private static void writeState(JsonGenerator json, State state) throws IOException {
        Description description = state.description();
        json.writeStringField(
                "state", description == null ? "UNKNOWN" : description.state().name());
        json.writeStringField("problem", description == null ? state.problem().detail() : description.problem());
        if (state.log().isPresent()) {
            LogDescription log = state.log().get();
            json.writeNumberField("logStartOffset", log.logStartOffset());
            json.writeNumberField("highWatermark", log.logEndOffset());
            json.writeNumberField("records", log.records());
            json.writeNumberField("bytes", log.bytes());
        }
    }
}
