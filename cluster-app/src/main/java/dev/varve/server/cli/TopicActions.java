package dev.varve.server.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.cluster.TopicChange;
import dev.varve.cluster.TopicSettings;
import dev.varve.cluster.TopicSpec;
import dev.varve.server.client.Topic;
import dev.varve.server.client.VarveClient;
import dev.varve.server.records.CompactionJson;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** What the commands for topics do. */
final class TopicActions {
    private final VarveClient client;
    private final Output out;

    TopicActions(URI server, Output out) {
        this.client = Remote.client(server);
        this.out = out;
    }

    int create(String topic, int partitions, TopicOptions options) {
        try {
            TopicSpec spec = new TopicSpec(topic, partitions, change(options).applyTo(TopicSettings.DEFAULT));
            Remote.await(client.createTopic(spec));
        } catch (IllegalArgumentException e) {
            throw new WrongUsageException(e.getMessage());
        }
        out.line("created " + topic + " with " + partitions + (partitions == 1 ? " partition" : " partitions"));
        return ExitCodes.FINE;
    }

    int alter(String topic, TopicOptions options) {
        Topic altered = Remote.await(client.alterTopic(topic, change(options)));
        out.line(settings(altered));
        return ExitCodes.FINE;
    }

    int delete(String topic) {
        Remote.await(client.deleteTopic(topic));
        out.line("deleted " + topic);
        return ExitCodes.FINE;
    }

    int list(boolean json) throws IOException {
        JsonLines lines = new JsonLines(out);
        for (Topic topic : Remote.await(client.listTopics())) {
            if (json) {
                lines.line(fields -> write(fields, topic));
            } else {
                long offsets = topic.partitions().stream()
                        .mapToLong(partition -> partition.highWatermark() - partition.logStartOffset())
                        .sum();
                int partitions = topic.partitions().size();
                out.line(topic.name() + ": " + partitions + (partitions == 1 ? " partition, " : " partitions, ")
                        + offsets + " offsets");
            }
        }
        return ExitCodes.FINE;
    }

    int describe(String name, boolean json) throws IOException {
        Topic topic = Remote.await(client.describeTopic(name))
                .orElseThrow(() -> new RefusedException("there is no topic '" + name + "'"));
        if (json) {
            new JsonLines(out).line(fields -> write(fields, topic));
            return ExitCodes.FINE;
        }
        out.line(settings(topic));
        for (Topic.Partition partition : topic.partitions()) {
            out.line("partition " + partition.partition() + ": offsets " + partition.logStartOffset() + " to "
                    + partition.highWatermark() + ", " + partition.bytes() + " bytes, leader "
                    + partition.leader().orElse("none") + ", replicas " + replicas(partition) + ", " + partition.state()
                    + (partition.problem().isEmpty() ? "" : ": " + partition.problem()));
        }
        for (Topic.Consumer consumer : topic.consumers()) {
            out.line("consumers " + consumer.group() + ", partition " + consumer.partition() + ": at offset "
                    + consumer.offset() + ", " + consumer.lag() + " behind");
        }
        return ExitCodes.FINE;
    }

    /** The nodes, and of those that are not, how far they are behind. */
    private static String replicas(Topic.Partition partition) {
        return partition.replicas().stream()
                .map(node -> node
                        + (partition.lag().getOrDefault(node, 0L) == 0
                                ? ""
                                : " (" + partition.lag().get(node) + " entries behind)"))
                .collect(Collectors.joining(" "));
    }

    private static String settings(Topic topic) {
        TopicSettings settings = topic.settings();
        return topic.name() + ": retention-ms " + limit(settings.retentionMs()) + ", retention-bytes "
                + limit(settings.retentionBytes()) + ", compaction " + settings.compaction() + ", compression "
                + settings.compression() + ", segment-bytes " + settings.segmentBytes();
    }

    private static String limit(OptionalLong limit) {
        return limit.isPresent() ? Long.toString(limit.getAsLong()) : "off";
    }

    private static TopicChange change(TopicOptions options) {
        return new TopicChange(
                Optional.ofNullable(options.retentionMs).map(TopicActions::limit),
                Optional.ofNullable(options.retentionBytes).map(TopicActions::limit),
                Optional.ofNullable(options.compaction),
                Optional.ofNullable(options.compression),
                options.segmentBytes == null ? OptionalLong.empty() : OptionalLong.of(options.segmentBytes));
    }

    private static OptionalLong limit(long limit) {
        return limit == TopicOptions.NO_LIMIT ? OptionalLong.empty() : OptionalLong.of(limit);
    }

    private static void write(JsonGenerator json, Topic topic) throws IOException {
        TopicSettings settings = topic.settings();
        json.writeStringField("name", topic.name());
        write(json, "retentionMs", settings.retentionMs());
        write(json, "retentionBytes", settings.retentionBytes());
        CompactionJson.write(json, "compaction", settings.compaction());
        json.writeStringField("compression", settings.compression().toString());
        json.writeNumberField("segmentBytes", settings.segmentBytes());
        json.writeArrayFieldStart("partitions");
        for (Topic.Partition partition : topic.partitions()) {
            json.writeStartObject();
            json.writeNumberField("partition", partition.partition());
            json.writeNumberField("logStartOffset", partition.logStartOffset());
            json.writeNumberField("highWatermark", partition.highWatermark());
            json.writeNumberField("bytes", partition.bytes());
            json.writeStringField("leader", partition.leader().orElse(null));
            json.writeArrayFieldStart("replicas");
            for (String replica : partition.replicas()) {
                json.writeString(replica);
            }
            json.writeEndArray();
            json.writeObjectFieldStart("lag");
            for (Map.Entry<String, Long> lag : partition.lag().entrySet()) {
                json.writeNumberField(lag.getKey(), lag.getValue());
            }
            json.writeEndObject();
            json.writeStringField("state", partition.state());
            json.writeStringField("problem", partition.problem());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("consumers");
        for (Topic.Consumer consumer : topic.consumers()) {
            json.writeStartObject();
            json.writeStringField("group", consumer.group());
            json.writeNumberField("partition", consumer.partition());
            json.writeNumberField("offset", consumer.offset());
            json.writeNumberField("lag", consumer.lag());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void write(JsonGenerator json, String name, OptionalLong limit) throws IOException {
        if (limit.isPresent()) {
            json.writeNumberField(name, limit.getAsLong());
        } else {
            json.writeNullField(name);
        }
    }
}
