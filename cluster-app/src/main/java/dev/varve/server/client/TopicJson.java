package dev.varve.server.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.cluster.ClusterDescription;
import dev.varve.cluster.ClusterDescription.Group;
import dev.varve.cluster.ClusterDescription.Liveness;
import dev.varve.cluster.ClusterDescription.Node;
import dev.varve.cluster.TopicChange;
import dev.varve.cluster.TopicSettings;
import dev.varve.cluster.TopicSpec;
import dev.varve.log.format.Compression;
import dev.varve.server.records.CompactionJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/** Topics and clusters as JSON. Any thread. */
final class TopicJson {
    private TopicJson() {}

    static byte[] of(TopicSpec spec) {
        TopicSettings settings = spec.settings();
        return bytes(put(
                        new TopicChange(
                                Optional.of(settings.retentionMs()),
                                Optional.of(settings.retentionBytes()),
                                Optional.of(settings.compaction()),
                                Optional.of(settings.compression()),
                                OptionalLong.of(settings.segmentBytes())),
                        Connection.MAPPER.createObjectNode())
                .put("partitions", spec.partitions()));
    }

    static byte[] of(TopicChange change) {
        return bytes(put(change, Connection.MAPPER.createObjectNode()));
    }

    private static ObjectNode put(TopicChange change, ObjectNode body) {
        change.retentionMs().ifPresent(limit -> body.set("retentionMs", limit(limit)));
        change.retentionBytes().ifPresent(limit -> body.set("retentionBytes", limit(limit)));
        change.compaction().ifPresent(compaction -> body.set("compaction", CompactionJson.node(compaction)));
        change.compression().ifPresent(compression -> body.put("compression", compression.toString()));
        change.segmentBytes().ifPresent(bytes -> body.put("segmentBytes", bytes));
        return body;
    }

    private static JsonNode limit(OptionalLong limit) {
        return limit.isPresent()
                ? Connection.MAPPER.getNodeFactory().numberNode(limit.getAsLong())
                : Connection.MAPPER.nullNode();
    }

    static byte[] bytes(JsonNode body) {
        try {
            return Connection.MAPPER.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }

    static Topic topic(JsonNode topic) {
        List<Topic.Partition> partitions = new ArrayList<>();
        for (JsonNode partition : topic.get("partitions")) {
            partitions.add(new Topic.Partition(
                    partition.get("partition").intValue(),
                    partition.get("group").intValue(),
                    text(partition.get("leader")),
                    texts(partition.get("replicas")),
                    numbers(partition.path("lag")),
                    partition.get("state").asText(),
                    partition.get("problem").asText(),
                    partition.path("logStartOffset").longValue(),
                    partition.path("highWatermark").longValue(),
                    partition.path("bytes").longValue()));
        }
        TopicSettings settings = new TopicSettings(
                limit(topic.get("retentionMs")),
                limit(topic.get("retentionBytes")),
                CompactionJson.of(topic.get("compaction")),
                Compression.named(topic.get("compression").asText()),
                topic.get("segmentBytes").longValue());
        return new Topic(
                topic.get("name").asText(), topic.get("id").longValue(), settings, partitions, consumers(topic));
    }

    private static List<Topic.Consumer> consumers(JsonNode topic) {
        List<Topic.Consumer> consumers = new ArrayList<>();
        for (JsonNode group : topic.path("consumers")) {
            for (JsonNode committed : group.get("partitions")) {
                consumers.add(new Topic.Consumer(
                        group.get("group").asText(),
                        committed.get("partition").intValue(),
                        committed.get("offset").longValue(),
                        committed.path("lag").longValue()));
            }
        }
        return consumers;
    }

    private static SortedMap<String, Long> numbers(JsonNode object) {
        SortedMap<String, Long> numbers = new TreeMap<>();
        object.properties()
                .forEach(entry -> numbers.put(entry.getKey(), entry.getValue().longValue()));
        return numbers;
    }

    private static OptionalLong limit(JsonNode limit) {
        return limit.isNull() ? OptionalLong.empty() : OptionalLong.of(limit.longValue());
    }

    static ClusterDescription cluster(JsonNode cluster) {
        List<Node> nodes = new ArrayList<>();
        for (JsonNode node : cluster.get("nodes")) {
            nodes.add(new Node(
                    node.get("id").asText(),
                    node.get("raftAddress").asText(),
                    node.path("clusterAddress").asText(),
                    node.path("http").asText(),
                    Liveness.valueOf(node.get("liveness").asText()),
                    node.path("clustered").asBoolean()));
        }
        List<Group> groups = new ArrayList<>();
        cluster.get("groups").forEach(group -> groups.add(group(group)));
        return new ClusterDescription(
                cluster.get("clusterId").asText(),
                cluster.get("nodeId").asText(),
                nodes,
                groups,
                group(cluster.get("topicsGroup")));
    }

    private static Group group(JsonNode group) {
        return new Group(
                group.get("group").intValue(),
                text(group.get("leader")),
                group.get("term").longValue(),
                texts(group.get("replicas")),
                group.get("appliedIndex").longValue());
    }

    private static Optional<String> text(JsonNode text) {
        return text.isNull() ? Optional.empty() : Optional.of(text.asText());
    }

    private static List<String> texts(JsonNode texts) {
        List<String> list = new ArrayList<>();
        texts.forEach(text -> list.add(text.asText()));
        return list;
    }
}
