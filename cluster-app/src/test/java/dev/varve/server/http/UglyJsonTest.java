package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.testkit.RunningServer;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is JSON, or nearly, and not what was meant: refused, never taken for something else. */
class UglyJsonTest {
    private static final String RECORDS = "/v1/topics/one/partitions/0/records";

    private final RunningServer server = RunningServer.start("");

    UglyJsonTest() {
        server.put("/v1/topics/one", "{}").is(201);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private String refusal(String path, String body) {
        return server.post(path, body)
                .isProblem(400, "invalid-request")
                .get("detail")
                .asText();
    }

    private void nothingWasStored() {
        assertThat(server.get(RECORDS).is(200).json().get("highWatermark").longValue())
                .isZero();
    }

    @Test
    void a_fraction_is_no_whole_number_and_loses_nothing_to_become_one() {
        for (String field : List.of("partitions", "retentionMs", "retentionBytes", "segmentBytes")) {
            for (String value : List.of("2000.7", "\"2000\"", "{}", "true", "2e3")) {
                assertThat(server.put("/v1/topics/two", "{\"" + field + "\":" + value + "}")
                                .isProblem(400, "invalid-request")
                                .get("detail")
                                .asText())
                        .contains(field)
                        .contains("whole number");
            }
        }
        String records = "\"records\":[{\"value\":\"v\"}]";
        assertThat(refusal("/v1/batches", "{\"batches\":[{\"topic\":\"one\",\"partition\":0.9," + records + "}]}"))
                .contains("partition");
        for (String producer : List.of(
                "\"id\":7.5,\"sequence\":0", "\"id\":7,\"sequence\":0.5", "\"id\":7,\"epoch\":0.5,\"sequence\":0")) {
            assertThat(refusal(RECORDS, "{\"producer\":{" + producer + "}," + records + "}"))
                    .contains("whole number");
        }
        nothingWasStored();
        server.get("/v1/topics/two").isProblem(404, "no-such-topic");
    }

    @Test
    void records_that_are_said_twice_are_refused_for_one_of_them_would_be_lost() {
        String twice = "\"records\":[{\"value\":\"a\"}],\"records\":[{\"value\":\"b\"}]";
        assertThat(refusal(RECORDS, "{" + twice + "}")).contains("twice");
        assertThat(refusal("/v1/batches", "{\"batches\":[{\"topic\":\"one\",\"partition\":0," + twice + "}]}"))
                .contains("twice");
        nothingWasStored();
    }

    @Test
    void half_of_a_surrogate_pair_is_refused_and_a_question_mark_is_not() {
        for (String field : List.of(
                "\"value\":\"a\\ud800\"",
                "\"key\":\"\\udc00?\",\"value\":\"\"",
                "\"headers\":[{\"key\":\"\\ud800\",\"value\":\"\"}]",
                "\"headers\":[{\"key\":\"h\",\"value\":\"\\ud800\"}]")) {
            assertThat(refusal(RECORDS, "{\"records\":[{" + field + "}]}")).contains("surrogate");
        }
        nothingWasStored();
        server.post(RECORDS, "{\"records\":[{\"key\":\"?\",\"value\":\"\\ud83d\\ude00?\"}]}")
                .is(200);
        assertThat(server.get(RECORDS).json().at("/records/0/value").asText()).isEqualTo("\ud83d\ude00?");
    }

    @Test
    void bytes_that_are_no_text_at_all_are_the_fault_of_who_sends_them() throws Exception {
        for (byte[] body : List.of(
                new byte[] {0, 0, (byte) 0xFE, (byte) 0xFF, 0, 0x11, 0, 0},
                new byte[] {0, 0, (byte) 0xFF, (byte) 0xFE, 0, 0, 0, 0},
                new byte[] {(byte) 0xFF, (byte) 0xFE, 0},
                new byte[] {'{', '"', (byte) 0xFF, '"', ':', '1', '}'})) {
            var answer = server.http()
                    .send(
                            server.request(RECORDS)
                                    .POST(BodyPublishers.ofByteArray(body))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
            assertThat(answer.body()).contains("invalid-request");
        }
        nothingWasStored();
    }

    @Test
    void lines_that_are_sent_as_no_lines_are_told_where_lines_go() {
        assertThat(refusal(RECORDS, "{\"value\":\"a\"}\n")).contains("application/x-ndjson");
    }
}
