package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionError;
import dev.varve.server.testkit.RunningServer;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BatchesOverHttpTest {
    private static final String BATCHES = "/v1/batches";

    private final RunningServer server = RunningServer.start("varve.server.http.max-records = 10");

    BatchesOverHttpTest() {
        server.put("/v1/topics/one", "{}").is(201);
        server.put("/v1/topics/many", "{\"partitions\":3}").is(201);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static String batch(String topic, int partition, int records) {
        return "{\"topic\":\"" + topic + "\",\"partition\":" + partition + ",\"records\":["
                + "{\"value\":\"v\"},".repeat(records - 1) + "{\"value\":\"v\"}]}";
    }

    private static String body(String... batches) {
        return "{\"batches\":[" + String.join(",", batches) + "]}";
    }

    private long highWatermark(String topic, int partition) {
        return server.get("/v1/topics/" + topic + "/partitions/" + partition + "/offsets")
                .is(200)
                .json()
                .get("highWatermark")
                .longValue();
    }

    @Test
    void batches_of_several_topics_are_answered_in_their_order() {
        JsonNode results = server.post(BATCHES, body(batch("many", 2, 3), batch("one", 0, 2), batch("many", 0, 1)))
                .is(200)
                .json()
                .get("results");
        assertThat(results.toString())
                .isEqualTo("[{\"topic\":\"many\",\"partition\":2,\"baseOffset\":0,\"count\":3,\"duplicate\":false},"
                        + "{\"topic\":\"one\",\"partition\":0,\"baseOffset\":0,\"count\":2,\"duplicate\":false},"
                        + "{\"topic\":\"many\",\"partition\":0,\"baseOffset\":0,\"count\":1,\"duplicate\":false}]");
        assertThat(highWatermark("many", 2)).isEqualTo(3);
        assertThat(highWatermark("one", 0)).isEqualTo(2);
    }

    @Test
    void a_batch_that_is_refused_leaves_the_others_alone() {
        server.topics().onAppend(append -> {
            if (append.records().size() != 2) {
                return Optional.of(append);
            }
            append.replyTo()
                    .tell(new PartitionActor.NotStored(new PartitionError.BatchTooLarge("too large", 2_000, 1_000)));
            return Optional.empty();
        });
        JsonNode results = server.post(BATCHES, body(batch("one", 0, 1), batch("many", 1, 2), batch("none", 0, 1)))
                .is(200)
                .json()
                .get("results");
        assertThat(results.get(0).get("baseOffset").longValue()).isZero();
        JsonNode refused = results.get(1).get("error");
        assertThat(refused.get("code").asText()).isEqualTo("batch-too-large");
        assertThat(refused.get("status").intValue()).isEqualTo(413);
        assertThat(results.get(2).get("error").get("code").asText()).isEqualTo("no-such-topic");
        assertThat(highWatermark("one", 0)).isEqualTo(1);
        assertThat(highWatermark("many", 1)).isZero();
    }

    @Test
    void a_producer_that_sends_its_batches_again_stores_them_once() {
        String named = batch("one", 0, 2)
                .replace("\"records\"", "\"producer\":{\"id\":7,\"epoch\":0,\"sequence\":0},\"records\"");
        server.post(BATCHES, body(named)).is(200);
        JsonNode again = server.post(BATCHES, body(named, batch("many", 0, 1)))
                .is(200)
                .json()
                .get("results");
        assertThat(again.get(0).get("duplicate").booleanValue()).isTrue();
        assertThat(again.get(1).get("duplicate").booleanValue()).isFalse();
        assertThat(highWatermark("one", 0)).isEqualTo(2);
    }

    @Test
    void all_records_of_a_request_count_and_no_more_than_may_be_are_stored() {
        server.post(BATCHES, body(batch("one", 0, 6), batch("many", 0, 4))).is(200);
        server.post(BATCHES, body(batch("one", 0, 6), batch("many", 0, 5))).isProblem(413, "too-many-records");
        assertThat(highWatermark("one", 0)).isEqualTo(6);
        assertThat(highWatermark("many", 0)).isEqualTo(4);
    }

    @Test
    void what_makes_no_sense_is_refused_as_a_whole() {
        String good = batch("one", 0, 1);
        for (String bad : new String[] {
            "[]",
            "{\"batches\":[]}",
            "{\"batches\":[" + good + "]",
            "{\"batches\":[" + good + "],\"more\":1}",
            body(good, "7"),
            body(good, "{\"topic\":\"one\",\"records\":[{\"value\":\"v\"}]}"),
            body(good, "{\"topic\":\"one\",\"partition\":0}"),
            body(good, "{\"topic\":\"one\",\"partition\":0,\"records\":[]}"),
            body(good, "{\"topic\":\"one\",\"partition\":-1,\"records\":[{\"value\":\"v\"}]}"),
            body(good, "{\"topic\":\"one\",\"partition\":0,\"recrods\":[]}")
        }) {
            server.post(BATCHES, bad).isProblem(400, "invalid-request");
        }
        assertThat(highWatermark("one", 0)).isZero();
    }
}
