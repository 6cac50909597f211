package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.testkit.RunningServer;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TailOverHttpTest {
    private static final String ONE = "/v1/topics/one/partitions/0";

    private final RunningServer server = RunningServer.start("varve.server.http.keep-alive = 50 ms");

    TailOverHttpTest() {
        server.put("/v1/topics/one", "{}").is(201);
        append("a");
        append("b");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void append(String value) {
        server.post(ONE + "/records", "{\"records\":[{\"value\":\"" + value + "\"}]}")
                .is(200);
    }

    private Iterator<String> tail(String query, String... headers) throws Exception {
        var request = server.request(ONE + "/tail" + query);
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<Stream<String>> response =
                server.http().sendAsync(request.build(), BodyHandlers.ofLines()).get(10, TimeUnit.SECONDS);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/event-stream");
        return response.body().iterator();
    }

    private static String nextStarting(Iterator<String> lines, String prefix) {
        while (true) {
            String line = lines.next();
            if (line.startsWith(prefix)) {
                return line;
            }
            assertThat(line).as("a line before " + prefix).isIn("", ":");
        }
    }

    @Test
    void a_tail_gives_what_there_is_and_then_what_comes() throws Exception {
        Iterator<String> lines = tail("?from=0");
        assertThat(nextStarting(lines, "id:")).isEqualTo("id:0");
        assertThat(nextStarting(lines, "data:")).contains("\"value\":\"a\"");
        assertThat(nextStarting(lines, "id:")).isEqualTo("id:1");
        nextStarting(lines, "data:");
        append("c");
        assertThat(nextStarting(lines, "id:")).isEqualTo("id:2");
        assertThat(nextStarting(lines, "data:")).contains("\"value\":\"c\"");
    }

    @Test
    void a_tail_goes_on_behind_the_last_event_that_its_reader_has_seen() throws Exception {
        Iterator<String> lines = tail("?from=0", "Last-Event-ID", "0");
        assertThat(nextStarting(lines, "id:")).isEqualTo("id:1");
    }

    @Test
    void a_tail_begins_at_what_comes_next_and_says_in_a_silence_that_it_is_there() throws Exception {
        Iterator<String> lines = tail("");
        assertThat(nextStarting(lines, ":")).isEqualTo(":");
        append("c");
        assertThat(nextStarting(lines, "id:")).isEqualTo("id:2");
    }

    @Test
    void a_server_that_stops_ends_its_tails_and_waits_no_longer_than_it_may() throws Exception {
        Iterator<String> lines = tail("?from=1");
        nextStarting(lines, "id:");
        nextStarting(lines, "data:");
        CompletableFuture<Void> stopped =
                server.server().stop(Duration.ofSeconds(30)).toCompletableFuture();
        try {
            while (lines.hasNext()) {
                assertThat(lines.next()).isIn("", ":");
            }
        } catch (UncheckedIOException cutOff) {
            // The connection may be closed before the end of the stream has got through: its reader knows then, too.
            assertThat(cutOff).hasMessageContaining("closed");
        }
        stopped.get(10, TimeUnit.SECONDS);
    }
}
