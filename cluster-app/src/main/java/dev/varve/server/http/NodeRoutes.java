package dev.varve.server.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.cluster.ClusterDescription;
import dev.varve.cluster.ClusterDescription.Group;
import dev.varve.cluster.ClusterDescription.Liveness;
import dev.varve.cluster.ClusterDescription.Node;
import dev.varve.cluster.TopicService;
import dev.varve.server.metrics.ServerMetrics;
import dev.varve.server.metrics.ServerMetrics.GroupSample;
import dev.varve.server.metrics.ServerMetrics.NodeSample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** What this node is, how it is, and how its cluster is. Any thread. */
final class NodeRoutes {
    static final String NOT_READY = "not-ready";
    static final Problem STOPPING = Problem.unavailable("stopping", "this server is stopping");

    private static final ContentType TEXT = ContentTypes.TEXT_PLAIN_UTF8;

    private final TopicService topics;
    private final PartitionSamples samples;
    private final ServerMetrics metrics;
    private final BooleanSupplier isStopping;

    NodeRoutes(TopicService topics, PartitionSamples samples, ServerMetrics metrics, BooleanSupplier isStopping) {
        this.topics = topics;
        this.samples = samples;
        this.metrics = metrics;
        this.isStopping = isStopping;
    }

    /** The process runs: a supervisor need not start it anew. */
    CompletionStage<HttpResponse> alive() {
        return CompletableFuture.completedStage(status("alive"));
    }

    /** Appends and reads can be sent here: every group has a leader, and the server is not stopping. */
    CompletionStage<HttpResponse> ready() {
        if (isStopping.getAsBoolean()) {
            return CompletableFuture.completedStage(Answers.problem(STOPPING));
        }
        List<String> leaderless = leaderless(topics.describeCluster());
        metrics.ready(leaderless.isEmpty());
        return CompletableFuture.completedStage(
                leaderless.isEmpty()
                        ? status("ready")
                        : Answers.problem(Problem.unavailable(
                                NOT_READY, "these groups have no leader: " + String.join(", ", leaderless))));
    }

    private static List<String> leaderless(ClusterDescription cluster) {
        return cluster.allGroups()
                .filter(group -> group.leader().isEmpty())
                .map(Group::name)
                .toList();
    }

    static HttpResponse status(String status) {
        return Answers.json(200, json -> {
            json.writeStartObject();
            json.writeStringField("status", status);
            json.writeEndObject();
        });
    }

    CompletionStage<HttpResponse> cluster() {
        ClusterDescription cluster = topics.describeCluster();
        return CompletableFuture.completedStage(Answers.json(200, json -> write(json, cluster)));
    }

    private static void write(JsonGenerator json, ClusterDescription cluster) throws IOException {
        json.writeStartObject();
        json.writeStringField("clusterId", cluster.clusterId());
        json.writeStringField("nodeId", cluster.nodeId());
        json.writeNumberField("replicationFactor", cluster.replicationFactor());
        json.writeArrayFieldStart("nodes");
        for (Node node : cluster.nodes()) {
            json.writeStartObject();
            json.writeStringField("id", node.id());
            json.writeStringField("raftAddress", node.raftAddress());
            json.writeStringField("clusterAddress", node.clusterAddress());
            json.writeStringField("http", node.http());
            json.writeStringField("liveness", node.liveness().name());
            json.writeBooleanField("clustered", node.isClustered());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeFieldName("topicsGroup");
        write(json, cluster.topics());
        json.writeArrayFieldStart("groups");
        for (Group group : cluster.groups()) {
            write(json, group);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, Group group) throws IOException {
        json.writeStartObject();
        json.writeNumberField("group", group.group());
        json.writeStringField("leader", group.leader().orElse(null));
        json.writeNumberField("term", group.term());
        json.writeArrayFieldStart("replicas");
        for (String replica : group.replicas()) {
            json.writeString(replica);
        }
        json.writeEndArray();
        json.writeNumberField("appliedIndex", group.appliedIndex());
        json.writeEndObject();
    }

    /** Prometheus text. */
    CompletionStage<HttpResponse> metrics() {
        ClusterDescription cluster = topics.describeCluster();
        metrics.nodes(cluster.nodes().stream()
                .map(node -> new NodeSample(node.id(), alive(node)))
                .toList());
        metrics.groups(
                cluster.allGroups()
                        .map(group -> new GroupSample(
                                group.name(),
                                group.leader().isPresent(),
                                group.leader().filter(cluster.nodeId()::equals).isPresent()))
                        .toList(),
                topics.figures());
        metrics.ready(!isStopping.getAsBoolean() && leaderless(cluster).isEmpty());
        return samples.take()
                .thenApply(taken -> {
                    metrics.partitions(taken.partitions());
                    metrics.consumers(taken.consumers());
                    return metrics.scrape();
                })
                .thenApply(NodeRoutes::text);
    }

    static HttpResponse text(String text) {
        return HttpResponse.create().withEntity(TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    private static double alive(Node node) {
        return node.liveness() == Liveness.UNKNOWN ? Double.NaN : node.liveness() == Liveness.ALIVE ? 1 : 0;
    }
}
