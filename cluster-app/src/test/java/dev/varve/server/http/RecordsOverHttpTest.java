package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionError;
import dev.varve.server.records.Partitioner;
import dev.varve.server.testkit.InMemoryTopics;
import dev.varve.server.testkit.RunningServer;
import dev.varve.server.testkit.RunningServer.Answer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RecordsOverHttpTest {
    private static final String ONE = "/v1/topics/one/partitions/0";

    private final RunningServer server = RunningServer.start(
            """
            varve.server.http {
              max-request-bytes = 64 KiB
              max-record-bytes = 16 KiB
              max-records = 100
              max-bytes-in-flight = 100 KiB
            }
            """);

    RecordsOverHttpTest() {
        server.put("/v1/topics/one", "{}").is(201);
        server.put("/v1/topics/many", "{\"partitions\":4}").is(201);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static String records(String... values) {
        StringBuilder body = new StringBuilder("{\"records\":[");
        for (String value : values) {
            body.append(body.charAt(body.length() - 1) == '[' ? "" : ",")
                    .append("{\"value\":\"")
                    .append(value)
                    .append("\"}");
        }
        return body.append("]}").toString();
    }

    private JsonNode read(String query) {
        return server.get(ONE + "/records?" + query).is(200).json();
    }

    private static List<String> values(JsonNode read) {
        List<String> values = new ArrayList<>();
        read.get("records").forEach(record -> values.add(record.get("value").asText()));
        return values;
    }

    @Test
    void records_come_back_as_they_were_sent() {
        String body =
                "{\"records\":[{\"key\":\"k\",\"value\":\"v\\u00e9\",\"headers\":[{\"key\":\"h\",\"value\":\"x\"}],"
                        + "\"timestamp\":\"2026-01-31T12:00:00.000Z\"},{\"key\":null,\"value\":{\"base64\":\"/w==\"}},{\"value\":null}]}";
        assertThat(server.post(ONE + "/records", body).is(200).text())
                .isEqualTo("{\"partition\":0,\"baseOffset\":0,\"count\":3,\"duplicate\":false}");
        JsonNode read = read("from=0");
        assertThat(read.get("logStartOffset").longValue()).isZero();
        assertThat(read.get("highWatermark").longValue()).isEqualTo(3);
        assertThat(read.get("nextOffset").longValue()).isEqualTo(3);
        assertThat(read.get("records").get(0).toString())
                .isEqualTo("{\"offset\":0,\"timestamp\":\"2026-01-31T12:00:00.000Z\",\"key\":\"k\",\"value\":\"vé\","
                        + "\"headers\":[{\"key\":\"h\",\"value\":\"x\"}]}");
        assertThat(read.get("records").get(1).get("value").get("base64").asText())
                .isEqualTo("/w==");
        assertThat(read.get("records").get(1).get("key").isNull()).isTrue();
        assertThat(read.get("records").get(2).get("value").isNull()).isTrue();
    }

    @Test
    void a_batch_with_one_bad_record_is_not_stored_at_all() {
        String body = "{\"records\":[{\"value\":\"good\"},{\"velue\":\"bad\"}]}";
        assertThat(server.post(ONE + "/records", body)
                        .isProblem(400, "invalid-request")
                        .get("detail")
                        .asText())
                .contains("velue");
        server.post(ONE + "/records", "{\"records\":[]}").isProblem(400, "invalid-request");
        server.post(ONE + "/records", "{\"records\":[{\"value\":7}]}").isProblem(400, "invalid-request");
        server.post(ONE + "/records", "{\"records\":[{\"value\":{\"base64\":\"%\"}}]}")
                .isProblem(400, "invalid-request");
        assertThat(values(read("from=0"))).isEmpty();
    }

    @Test
    void records_go_to_the_partitions_of_their_keys_and_results_come_in_the_order_of_the_input() {
        StringBuilder body = new StringBuilder("{\"records\":[");
        for (int i = 0; i < 20; i++) {
            body.append(i == 0 ? "" : ",").append("{\"key\":\"key-" + i % 7 + "\",\"value\":\"" + i + "\"}");
        }
        JsonNode results = server.post("/v1/topics/many/records", body + "]}")
                .is(200)
                .json()
                .get("results");
        assertThat(results).hasSize(20);
        for (int i = 0; i < 20; i++) {
            int partition = Partitioner.partitionOf(("key-" + i % 7).getBytes(StandardCharsets.UTF_8), 4);
            assertThat(results.get(i).get("partition").intValue()).isEqualTo(partition);
            long offset = results.get(i).get("offset").longValue();
            JsonNode read = server.get(
                            "/v1/topics/many/partitions/" + partition + "/records?from=" + offset + "&max_bytes=0")
                    .is(200)
                    .json();
            assertThat(values(read).get(0)).isEqualTo(Integer.toString(i));
        }
        server.post("/v1/topics/nothing/records", records("a")).isProblem(404, "no-such-topic");
    }

    @Test
    void a_producer_that_sends_a_batch_again_stores_it_once() {
        String body = "{\"producer\":{\"id\":7,\"epoch\":0,\"sequence\":0},"
                + records("a", "b").substring(1);
        assertThat(server.post(ONE + "/records", body)
                        .is(200)
                        .json()
                        .get("duplicate")
                        .booleanValue())
                .isFalse();
        JsonNode again = server.post(ONE + "/records", body).is(200).json();
        assertThat(again.get("duplicate").booleanValue()).isTrue();
        assertThat(again.get("baseOffset").longValue()).isZero();
        assertThat(values(read("from=0"))).containsExactly("a", "b");
        String gap = body.replace("\"sequence\":0", "\"sequence\":9");
        assertThat(server.post(ONE + "/records", gap)
                        .isProblem(409, "out-of-sequence")
                        .get("expectedSequence")
                        .intValue())
                .isEqualTo(2);
        server.post("/v1/topics/one/records", body).isProblem(400, "invalid-request");
    }

    @Test
    void a_stream_of_lines_gets_a_line_of_result_each() {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 5_000; i++) {
            lines.append("{\"value\":\"" + i + "\"}\n");
        }
        Answer answer = server.send("POST", "/v1/topics/one/records", lines.toString(), "application/x-ndjson");
        assertThat(answer.is(200).text().lines().toList()).hasSize(5_000);
        assertThat(answer.text().lines().skip(4_999).findFirst()).contains("{\"partition\":0,\"offset\":4999}");
        assertThat(read("from=4999").get("highWatermark").longValue()).isEqualTo(5_000);
    }

    @Test
    void a_stream_stops_at_the_first_line_that_cannot_be_stored() {
        String lines = "{\"value\":\"a\"}\n{\"value\":\"b\"}\nnonsense\n{\"value\":\"c\"}\n";
        List<String> answer = server.send("POST", "/v1/topics/one/records", lines, "application/x-ndjson")
                .is(200)
                .text()
                .lines()
                .toList();
        assertThat(answer).hasSize(3);
        assertThat(answer.get(1)).isEqualTo("{\"partition\":0,\"offset\":1}");
        assertThat(answer.get(2)).startsWith("{\"error\":{").contains("\"code\":\"invalid-request\"");
        assertThat(values(read("from=0"))).containsExactly("a", "b");
        assertThat(server.send(
                                "POST",
                                "/v1/topics/one/records",
                                "{\"value\":\"" + "x".repeat(17 << 10) + "\"}\n",
                                "application/x-ndjson")
                        .is(200)
                        .text())
                .startsWith("{\"error\":{");
        server.send("POST", "/v1/topics/nothing/records", lines, "application/x-ndjson")
                .isProblem(404, "no-such-topic");
    }

    @Test
    void a_read_waits_for_a_record_and_no_longer_than_it_was_told_to() throws Exception {
        CompletableFuture<Answer> waiting =
                server.sendAsync("GET", ONE + "/records?from=0&wait_ms=20000", null, "application/json");
        server.post(ONE + "/records", records("late")).is(200);
        assertThat(values(waiting.get(10, TimeUnit.SECONDS).is(200).json())).containsExactly("late");
        JsonNode none = read("from=1&wait_ms=1");
        assertThat(values(none)).isEmpty();
        assertThat(none.get("nextOffset").longValue()).isEqualTo(1);
    }

    @Test
    void an_offset_that_there_is_not_is_416_with_both_bounds() {
        server.post(ONE + "/records", records("a", "b")).is(200);
        JsonNode problem = server.get(ONE + "/records?from=3").isProblem(416, "offset-out-of-range");
        assertThat(problem.get("logStartOffset").longValue()).isZero();
        assertThat(problem.get("highWatermark").longValue()).isEqualTo(2);
        server.get(ONE + "/tail?from=3").isProblem(416, "offset-out-of-range");
        server.get(ONE + "/records?from=-1").isProblem(400, "invalid-request");
        server.get("/v1/topics/one/partitions/1/records").isProblem(404, "no-such-partition");
        server.post("/v1/topics/one/partitions/1/records", records("a")).isProblem(404, "no-such-partition");
        for (String what : List.of("records", "tail", "offsets", "offsets?time=0")) {
            server.get("/v1/topics/none/partitions/0/" + what).isProblem(404, "no-such-topic");
        }
        server.post("/v1/topics/none/partitions/0/records", records("a")).isProblem(404, "no-such-topic");
        assertThat(values(read(""))).containsExactly("a", "b");
    }

    @Test
    void an_offset_is_found_by_time() {
        server.post(
                        ONE + "/records",
                        "{\"records\":[{\"value\":\"a\",\"timestamp\":1000},{\"value\":\"b\",\"timestamp\":2000}]}")
                .is(200);
        assertThat(server.get(ONE + "/offsets?time=1001").is(200).text()).isEqualTo("{\"offset\":1}");
        assertThat(server.get(ONE + "/offsets?time=1970-01-01T00:00:01Z").text())
                .isEqualTo("{\"offset\":0}");
        assertThat(server.get(ONE + "/offsets?time=2001").text()).isEqualTo("{\"offset\":null}");
        assertThat(server.get(ONE + "/offsets").text()).isEqualTo("{\"logStartOffset\":0,\"highWatermark\":2}");
        server.get(ONE + "/offsets?time=yesterday").isProblem(400, "invalid-request");
    }

    @Test
    void too_large_a_request_is_413_and_stores_nothing() {
        String large = records("x".repeat(65 << 10));
        server.post(ONE + "/records", large).isProblem(413, "request-too-large");
        String[] many = new String[101];
        Arrays.fill(many, "x");
        server.post(ONE + "/records", records(many)).isProblem(413, "too-many-records");
        server.topics().onAppend(append -> {
            append.replyTo()
                    .tell(new PartitionActor.NotStored(
                            new PartitionError.BatchTooLarge("too large", 3 << 20, 2 << 20)));
            return Optional.empty();
        });
        assertThat(server.post(ONE + "/records", records("a"))
                        .isProblem(413, "batch-too-large")
                        .get("maxBatchBytes")
                        .longValue())
                .isEqualTo(2 << 20);
        assertThat(values(read("from=0"))).isEmpty();
    }

    @Test
    void more_bytes_than_may_be_in_flight_are_429_until_others_are_done() throws Exception {
        BlockingQueue<PartitionActor.Append> held = new LinkedBlockingQueue<>();
        server.topics().onAppend(append -> {
            held.add(append);
            return Optional.empty();
        });
        String half = records("x".repeat(60 << 10));
        CompletableFuture<Answer> first = server.sendAsync("POST", ONE + "/records", half, "application/json");
        PartitionActor.Append append = held.poll(10, TimeUnit.SECONDS);
        Answer refused = server.post(ONE + "/records", half);
        refused.isProblem(429, "overloaded");
        assertThat(refused.response().headers().firstValue("Retry-After")).contains("1");
        append.replyTo().tell(new PartitionActor.Appended(0, 0));
        first.get(10, TimeUnit.SECONDS).is(200);
        server.topics().onAppend(InMemoryTopics.PASS);
        server.post(ONE + "/records", half).is(200);
    }

    @Test
    void what_became_of_an_append_that_failed_midway_is_told_as_unknown() {
        server.topics().onAppend(append -> {
            append.replyTo().tell(new PartitionActor.OutcomeUnknown("no majority confirmed"));
            return Optional.empty();
        });
        assertThat(server.post(ONE + "/records", records("a"))
                        .isProblem(503, "outcome-unknown")
                        .get("detail")
                        .asText())
                .isEqualTo("no majority confirmed");
        JsonNode results = server.post("/v1/topics/one/records", records("a", "b"))
                .isProblem(503, "outcome-unknown")
                .get("results");
        assertThat(results).hasSize(2);
        assertThat(results.get(1).get("error").get("code").asText()).isEqualTo("outcome-unknown");
    }
}
