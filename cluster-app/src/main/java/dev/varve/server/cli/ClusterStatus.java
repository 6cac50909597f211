package dev.varve.server.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.cluster.ClusterDescription;
import dev.varve.cluster.ClusterDescription.Group;
import dev.varve.cluster.ClusterDescription.Liveness;
import dev.varve.cluster.ClusterDescription.Node;
import java.io.IOException;
import java.net.URI;
import java.util.Locale;

/** Prints how a cluster is. */
final class ClusterStatus {
    private final ClusterDescription cluster;
    private final Output out;

    ClusterStatus(URI server, Output out) {
        this.cluster = Remote.await(Remote.client(server).describeCluster());
        this.out = out;
    }

    int print(boolean json) throws IOException {
        if (json) {
            new JsonLines(out).line(this::write);
        } else {
            printText();
        }
        boolean isWell = cluster.nodes().stream().noneMatch(node -> node.liveness() == Liveness.SILENT)
                && cluster.allGroups().allMatch(group -> group.leader().isPresent());
        return isWell ? ExitCodes.FINE : ExitCodes.DAMAGE;
    }

    private void printText() {
        out.line("cluster " + cluster.clusterId() + ", replication factor " + cluster.replicationFactor() + ", as node "
                + cluster.nodeId() + " sees it");
        for (Node node : cluster.nodes()) {
            out.line("node " + node.id() + ": " + node.liveness().name().toLowerCase(Locale.ROOT)
                    + (node.isClustered() ? "" : ", not in the Pekko cluster") + ", leads "
                    + cluster.leads(node.id()) + " groups, http " + orUnknown(node.http()) + ", cluster "
                    + orUnknown(node.clusterAddress()) + ", raft " + node.raftAddress());
        }
        cluster.allGroups()
                .forEach(group -> out.line("group " + group.name() + ": leader "
                        + group.leader().orElse("none") + ", term " + group.term() + ", replicas "
                        + String.join(" ", group.replicas()) + ", applied " + group.appliedIndex()));
    }

    private static String orUnknown(String address) {
        return address.isEmpty() ? "unknown" : address;
    }

    private void write(JsonGenerator json) throws IOException {
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
            json.writeNumberField("leads", cluster.leads(node.id()));
            json.writeStringField("liveness", node.liveness().name());
            json.writeBooleanField("clustered", node.isClustered());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("groups");
        for (Group group : cluster.allGroups().toList()) {
            json.writeStartObject();
            json.writeStringField("group", group.name());
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
        json.writeEndArray();
    }
}
