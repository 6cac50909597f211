package dev.varve.server.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.cluster.ClusterDescription.Group;
import dev.varve.cluster.ClusterError;
import dev.varve.cluster.ClusterException;
import dev.varve.cluster.TopicDescription;
import dev.varve.cluster.TopicService;
import dev.varve.cluster.TopicSettings;
import dev.varve.cluster.metrics.GroupFigures;
import dev.varve.log.LogDescription;
import dev.varve.partition.PartitionActor.Description;
import dev.varve.server.http.PartitionSamples.State;
import dev.varve.server.records.CompactionJson;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
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
            View view = view(states);
            return Answers.json(200, json -> {
                json.writeStartObject();
                json.writeArrayFieldStart("topics");
                for (TopicDescription topic : all) {
                    write(json, topic, view);
                }
                json.writeEndArray();
                json.writeEndObject();
            });
        }));
    }

    private CompletionStage<HttpResponse> described(int status, TopicDescription topic) {
        return samples.states(List.of(topic)).thenApply(states -> {
            View view = view(states);
            return Answers.json(status, json -> write(json, topic, view));
        });
    }

    /** What is known of the cluster beside what a topic says of itself. */
    private record View(
            Map<PartitionSamples.Id, State> states, Map<Integer, Group> groups, Map<Integer, GroupFigures> figures) {}

    private View view(Map<PartitionSamples.Id, State> states) {
        return new View(
                states,
                topics.describeCluster().groups().stream().collect(Collectors.toMap(Group::group, Function.identity())),
                topics.figures().stream().collect(Collectors.toMap(GroupFigures::group, Function.identity())));
    }

    private void write(JsonGenerator json, TopicDescription topic, View view) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", topic.name());
        json.writeNumberField("id", topic.id());
        writeSettings(json, topic.settings());
        json.writeArrayFieldStart("partitions");
        for (TopicDescription.Partition partition : topic.partitions()) {
            json.writeStartObject();
            json.writeNumberField("partition", partition.partition());
            json.writeNumberField("group", partition.group());
            writeGroup(json, view.groups().get(partition.group()));
            writeLag(json, view.figures().get(partition.group()));
            writeState(json, view.states().get(new PartitionSamples.Id(topic.name(), partition.partition())));
            json.writeEndObject();
        }
        json.writeEndArray();
        writeConsumers(json, topic, view);
        json.writeEndObject();
    }

    /** How many committed entries each replica has yet to get, as far as this node hears. */
    private static void writeLag(JsonGenerator json, GroupFigures figures) throws IOException {
        json.writeObjectFieldStart("lag");
        for (GroupFigures.Replica replica : figures == null ? List.<GroupFigures.Replica>of() : figures.replicas()) {
            json.writeNumberField(replica.node(), replica.behind());
        }
        json.writeEndObject();
    }

    private void writeConsumers(JsonGenerator json, TopicDescription topic, View view) throws IOException {
        json.writeArrayFieldStart("consumers");
        for (Map.Entry<String, Map<Integer, Long>> consumers :
                topics.consumers(topic.name()).entrySet()) {
            json.writeStartObject();
            json.writeStringField("group", consumers.getKey());
            json.writeArrayFieldStart("partitions");
            for (Map.Entry<Integer, Long> committed : new TreeMap<>(consumers.getValue()).entrySet()) {
                json.writeStartObject();
                json.writeNumberField("partition", committed.getKey());
                json.writeNumberField("offset", committed.getValue());
                OptionalLong lag = PartitionSamples.lag(
                        view.states().get(new PartitionSamples.Id(topic.name(), committed.getKey())),
                        committed.getValue());
                if (lag.isPresent()) {
                    json.writeNumberField("lag", lag.getAsLong());
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
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
