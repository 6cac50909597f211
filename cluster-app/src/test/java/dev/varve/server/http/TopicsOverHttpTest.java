package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.cluster.ClusterError;
import dev.varve.server.testkit.RunningServer;
import dev.varve.server.testkit.RunningServer.Answer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TopicsOverHttpTest {
    private final RunningServer server = RunningServer.start("");

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void a_topic_is_created_described_listed_changed_and_deleted() {
        Answer created = server.put(
                        "/v1/topics/orders", "{\"partitions\":3,\"retentionMs\":60000,\"compression\":\"lz4\"}")
                .is(201);
        assertThat(created.response().headers().firstValue("Location")).contains("/v1/topics/orders");
        assertThat(created.json().get("partitions")).hasSize(3);

        JsonNode described = server.get("/v1/topics/orders").is(200).json();
        assertThat(described).isEqualTo(created.json());
        assertThat(described.get("retentionMs").longValue()).isEqualTo(60000);
        assertThat(described.get("retentionBytes").isNull()).isTrue();
        assertThat(described.get("compression").asText()).isEqualTo("lz4");
        JsonNode partition = described.get("partitions").get(2);
        assertThat(partition.get("leader").asText()).isEqualTo("node-1");
        assertThat(partition.get("replicas").get(0).asText()).isEqualTo("node-1");
        assertThat(partition.get("state").asText()).isEqualTo("READY");
        assertThat(partition.get("highWatermark").longValue()).isZero();
        assertThat(partition.get("lag").toString()).isEqualTo("{\"node-1\":0,\"node-2\":5}");
        assertThat(server.get("/v1/topics").is(200).json().get("topics").get(0)).isEqualTo(described);

        JsonNode altered = server.send("PATCH", "/v1/topics/orders", "{\"retentionMs\":null,\"segmentBytes\":4096}")
                .is(200)
                .json();
        assertThat(altered.get("retentionMs").isNull()).isTrue();
        assertThat(altered.get("segmentBytes").longValue()).isEqualTo(4096);
        assertThat(altered.get("compression").asText()).isEqualTo("lz4");

        assertThat(server.send("DELETE", "/v1/topics/orders", null).is(204).text())
                .isEmpty();
        server.get("/v1/topics/orders").isProblem(404, "no-such-topic");
    }

    @Test
    void how_a_topic_is_compacted_is_said_by_yes_or_no_or_by_name() {
        String[][] said = {
            {"true", "true"},
            {"false", "false"},
            {"\"off\"", "false"},
            {"\"latest-of-key\"", "true"},
            {"\"undeleted\"", "\"undeleted\""}
        };
        server.put("/v1/topics/orders", "{}").is(201);
        for (String[] each : said) {
            assertThat(server.send("PATCH", "/v1/topics/orders", "{\"compaction\":" + each[0] + "}")
                            .is(200)
                            .json()
                            .get("compaction"))
                    .hasToString(each[1]);
            assertThat(server.get("/v1/topics/orders").json().get("compaction")).hasToString(each[1]);
        }
        for (String wrong : new String[] {"\"newest\"", "7", "null"}) {
            server.put("/v1/topics/other", "{\"compaction\":" + wrong + "}").isProblem(400, "invalid-request");
        }
    }

    @Test
    void a_topic_that_there_is_already_cannot_be_created() {
        server.put("/v1/topics/orders", "").is(201);
        server.put("/v1/topics/orders", "{}").isProblem(409, "topic-exists");
    }

    @Test
    void a_topic_whose_name_would_leave_the_data_directory_is_refused() {
        for (String name :
                new String[] {"..", "%2E%2E", "..%2F..%2Fetc", "a%2Fb", "a%5Cb", ".hidden", "a%00b", "%20"}) {
            assertThat(server.put("/v1/topics/" + name, "{}").status()).as(name).isIn(400, 404);
        }
        assertThat(server.get("/v1/topics").json().get("topics")).isEmpty();
        server.put("/v1/topics/" + "x".repeat(201), "{}").isProblem(400, "invalid-request");
        server.put("/v1/topics/" + "x".repeat(200), "{}").is(201);
    }

    @Test
    void what_makes_no_sense_of_a_topic_is_refused_in_words() {
        assertThat(server.put("/v1/topics/t", "{\"partition\":3}")
                        .isProblem(400, "invalid-request")
                        .get("detail")
                        .asText())
                .contains("\"partition\"")
                .contains("partitions");
        server.put("/v1/topics/t", "{\"partitions\":0}").isProblem(400, "invalid-request");
        server.put("/v1/topics/t", "{\"retentionMs\":0}").isProblem(400, "invalid-request");
        server.put("/v1/topics/t", "{\"compression\":\"rar\"}").isProblem(400, "invalid-request");
        server.put("/v1/topics/t", "{\"partitions\":").isProblem(400, "invalid-request");
        server.put("/v1/topics/t", "{}").is(201);
        server.send("PATCH", "/v1/topics/t", "{\"partitions\":2}").isProblem(400, "invalid-request");
    }

    @Test
    void what_is_not_there_is_404_and_what_cannot_be_done_there_is_405() {
        server.get("/v2/topics").isProblem(404, "no-such-route");
        server.get("/v1/topics/t/partitions/x/records").isProblem(404, "no-such-route");
        Answer refused = server.post("/v1/topics", "{}");
        refused.isProblem(405, "method-not-allowed");
        assertThat(refused.response().headers().firstValue("Allow")).contains("GET");
    }

    @Test
    void a_cluster_without_a_majority_is_503_and_says_when_to_come_back() {
        server.topics().failWith(new ClusterError.NotEnoughReplicas("two of three nodes are away"));
        Answer refused = server.put("/v1/topics/t", "{}");
        assertThat(refused.isProblem(503, "not-enough-replicas").get("detail").asText())
                .isEqualTo("two of three nodes are away");
        assertThat(refused.response().headers().firstValue("Retry-After")).contains("1");
        assertThat(server.get("/v1/topics").isProblem(503, "not-enough-replicas"))
                .isNotNull();
    }

    @Test
    void what_is_no_http_is_answered_with_a_problem_too() throws IOException {
        try (Socket socket = new Socket(
                server.server().address().getAddress(),
                server.server().address().getPort())) {
            socket.getOutputStream()
                    .write("GET /v1/topics?from=%zz HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer)
                    .startsWith("HTTP/1.1 400")
                    .contains("application/problem+json")
                    .contains("unreadable-request");
        }
    }

    @Test
    void committed_offsets_are_given_back_and_belong_to_their_group() {
        server.put("/v1/topics/orders", "{\"partitions\":2}").is(201);
        assertThat(server.get("/v1/groups/billing/topics/orders/offsets")
                        .is(200)
                        .json())
                .isEmpty();
        server.put("/v1/groups/billing/topics/orders/offsets", "{\"0\":17}").is(204);
        server.put("/v1/groups/billing/topics/orders/offsets", "{\"1\":4}").is(204);
        assertThat(server.get("/v1/groups/billing/topics/orders/offsets").text())
                .isEqualTo("{\"0\":17,\"1\":4}");
        assertThat(server.get("/v1/groups/mail/topics/orders/offsets").json()).isEmpty();
        server.post("/v1/topics/orders/partitions/1/records", "{\"records\":[{},{},{},{},{},{}]}")
                .is(200);
        assertThat(server.get("/v1/topics/orders").json().get("consumers").toString())
                .isEqualTo("[{\"group\":\"billing\",\"partitions\":[{\"partition\":0,\"offset\":17,\"lag\":0},"
                        + "{\"partition\":1,\"offset\":4,\"lag\":2}]}]");
        server.put("/v1/groups/billing/topics/orders/offsets", "{\"2\":1}").isProblem(404, "no-such-partition");
        server.put("/v1/groups/billing/topics/orders/offsets", "{\"x\":1}").isProblem(400, "invalid-request");
        server.put("/v1/groups/billing/topics/nothing/offsets", "{\"0\":1}").isProblem(404, "no-such-topic");
    }

    @Test
    void a_node_tells_of_its_cluster_and_its_health() {
        JsonNode cluster = server.get("/v1/cluster").is(200).json();
        assertThat(cluster.get("nodeId").asText()).isEqualTo("node-1");
        assertThat(cluster.get("nodes").get(0).get("liveness").asText()).isEqualTo("ALIVE");
        assertThat(cluster.get("groups").get(0).get("leader").asText()).isEqualTo("node-1");
        server.get("/ready").is(200);
        server.topics().loseLeader();
        assertThat(server.get("/ready")
                        .isProblem(503, "not-ready")
                        .get("detail")
                        .asText())
                .endsWith(": 0");
        server.get("/alive").is(200);
    }

    @Test
    void metrics_are_what_prometheus_reads() {
        server.put("/v1/topics/orders", "{\"partitions\":2}").is(201);
        server.post("/v1/topics/orders/partitions/1/records", "{\"records\":[{\"value\":\"abc\"},{\"value\":\"de\"}]}")
                .is(200);
        assertThat(server.get("/metrics").is(200).text())
                .contains("varve_http_appended_records_total 2.0")
                .contains("varve_http_appended_bytes_total 5.0")
                .contains("varve_partition_high_watermark{partition=\"1\",topic=\"orders\"} 2.0")
                .contains("varve_partition_high_watermark{partition=\"0\",topic=\"orders\"} 0.0")
                .contains("varve_group_is_leader{group=\"0\"} 1.0")
                .contains("varve_node_alive{node=\"node-1\"} 1.0")
                .contains("varve_http_requests_seconds_count{method=\"PUT\",route=\"topic\",status=\"201\"} 1")
                .contains("jvm_memory_used_bytes");
        server.send("DELETE", "/v1/topics/orders", null).is(204);
        assertThat(server.get("/metrics").text()).doesNotContain("topic=\"orders\"");
    }
}
