package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.partition.PartitionActor;
import dev.varve.server.metrics.ServerMetrics;
import dev.varve.server.testkit.InMemoryTopics;
import dev.varve.server.testkit.RunningServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Appends of which the server knows no end. */
class StreamedAppendTest {
    private static final String HEAD = "POST /v1/topics/one/records HTTP/1.1\r\nHost: x\r\n"
            + "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";

    private final RunningServer server = RunningServer.start("");

    StreamedAppendTest() {
        server.put("/v1/topics/one", "{}").is(201);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static byte[] chunk(String text) {
        return (Integer.toHexString(text.length()) + "\r\n" + text + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    private static String lineWith(BufferedReader answer, String part) throws IOException {
        String line = answer.readLine();
        while (!line.contains(part)) {
            line = answer.readLine();
        }
        return line;
    }

    @Test
    void a_line_is_answered_while_the_next_ones_have_not_been_sent() throws IOException {
        try (Socket socket = new Socket(
                server.server().address().getAddress(),
                server.server().address().getPort())) {
            socket.setSoTimeout(10_000);
            OutputStream out = socket.getOutputStream();
            BufferedReader answer =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            out.write(HEAD.getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < 3; i++) {
                out.write(chunk("{\"value\":\"" + i + "\"}\n"));
                assertThat(lineWith(answer, "offset")).isEqualTo("{\"partition\":0,\"offset\":" + i + "}");
            }
            out.write(chunk("{\"value\":\"without a line feed\"}"));
            out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(lineWith(answer, "offset")).isEqualTo("{\"partition\":0,\"offset\":3}");
            assertThat(lineWith(answer, "0")).as("the last chunk").isEqualTo("0");
        }
    }

    @Test
    void who_sends_faster_than_records_are_stored_has_to_wait() throws IOException {
        Queue<PartitionActor.Append> held = new ConcurrentLinkedQueue<>();
        server.topics().onAppend(append -> {
            held.add(append);
            return Optional.empty();
        });
        byte[] lines = chunk(("{\"value\":\"" + "x".repeat(1_000) + "\"}\n").repeat(1_000));
        try (SocketChannel channel = SocketChannel.open(server.server().address());
                Selector selector = Selector.open()) {
            channel.write(ByteBuffer.wrap(HEAD.getBytes(StandardCharsets.US_ASCII)));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_WRITE);
            long sent = 0;
            ByteBuffer rest = ByteBuffer.allocate(0);
            while (sent < 64 << 20 && selector.select(1_000) > 0) {
                selector.selectedKeys().clear();
                rest = rest.hasRemaining() ? rest : ByteBuffer.wrap(lines);
                sent += channel.write(rest);
            }
            assertThat(sent).as("bytes that the server and the sockets took").isLessThan(32 << 20);
            assertThat(held).as("appends under way").hasSize(1);
            server.topics().onAppend(InMemoryTopics.PASS);
            held.forEach(server.topics().partition("one", 0)::tell);
            while (sent < 64 << 20) {
                assertThat(selector.select(10_000)).as("it goes on").isPositive();
                selector.selectedKeys().clear();
                rest = rest.hasRemaining() ? rest : ByteBuffer.wrap(lines);
                sent += channel.write(rest);
            }
        }
    }

    private List<String> stored() {
        List<String> values = new ArrayList<>();
        server.get("/v1/topics/one/partitions/0/records?from=0&max_bytes=1000000")
                .is(200)
                .json()
                .get("records")
                .forEach(record -> values.add(record.get("value").asText()));
        return values;
    }

    @Test
    void nothing_behind_a_line_that_cannot_be_stored_is_stored_however_much_has_gathered() {
        String behind = ("{\"value\":\"" + "x".repeat(1_000) + "\"}\n").repeat(4_000);
        List<String> answer = server.send(
                        "POST",
                        "/v1/topics/one/records",
                        "{\"value\":\"a\"}\nnonsense\n" + behind,
                        "application/x-ndjson")
                .is(200)
                .text()
                .lines()
                .toList();
        assertThat(answer).hasSize(2);
        assertThat(answer.get(1)).startsWith("{\"error\":{").contains("nonsense");
        server.send("POST", "/v1/topics/one/records", "{\"value\":\"z\"}\n", "application/x-ndjson")
                .is(200);
        assertThat(stored()).containsExactly("a", "z");
    }

    @Test
    void what_came_before_a_line_that_is_too_long_is_stored_and_answered() {
        String lines = "{\"value\":\"a\"}\n{\"value\":\"b\"}\n{\"value\":\"" + "x".repeat(3 << 20) + "\"}\n";
        List<String> answer = server.send("POST", "/v1/topics/one/records", lines, "application/x-ndjson")
                .is(200)
                .text()
                .lines()
                .toList();
        assertThat(answer).hasSize(3);
        assertThat(answer.get(1)).isEqualTo("{\"partition\":0,\"offset\":1}");
        assertThat(answer.get(2))
                .contains("\"status\":413")
                .contains("\"code\":\"record-too-large\"")
                .contains("max-record-bytes");
        assertThat(stored()).containsExactly("a", "b");
    }

    /** A streamed append that takes its room from here. */
    private StreamedAppend streaming(ByteBudget room, ServerMetrics metrics) {
        HttpSettings settings =
                HttpSettings.fromConfig(server.system().settings().config().getConfig("varve.server.http"));
        return new StreamedAppend(
                settings,
                new Requests(settings, room, server.system()),
                room,
                new PartitionCounts(server.topics()),
                new Spread(new Partitions(server.topics(), server.system(), Duration.ofSeconds(10))),
                metrics);
    }

    private static HttpRequest lines(String text) {
        return HttpRequest.POST("/v1/topics/one/records")
                .withEntity(ContentTypes.APPLICATION_OCTET_STREAM, text.getBytes(StandardCharsets.UTF_8));
    }

    private String answerOf(HttpResponse response) {
        return response.entity()
                .toStrict(10_000, server.system())
                .toCompletableFuture()
                .join()
                .getData()
                .utf8String();
    }

    @Test
    void it_takes_room_while_its_answer_flows_and_not_for_one_that_is_never_fetched() {
        ByteBudget room = new ByteBudget(16 << 20);
        ServerMetrics metrics = new ServerMetrics();
        try {
            HttpResponse response = streaming(room, metrics)
                    .append(lines("{\"value\":\"a\"}\n"), "one")
                    .toCompletableFuture()
                    .join();
            assertThat(room.used()).as("whoever has gone away never fetches it").isZero();
            assertThat(answerOf(response)).contains("\"offset\":0");
            Awaitility.await().until(() -> room.used() == 0);
        } finally {
            metrics.close();
        }
    }

    @Test
    void when_the_room_is_gone_by_the_time_its_answer_begins_it_says_so_and_stores_nothing() {
        ByteBudget room = new ByteBudget(16 << 20);
        ServerMetrics metrics = new ServerMetrics();
        try {
            HttpResponse response = streaming(room, metrics)
                    .append(lines("{\"value\":\"a\"}\n"), "one")
                    .toCompletableFuture()
                    .join();
            assertThat(room.tryTake(16 << 20)).isTrue();
            assertThat(answerOf(response))
                    .contains("\"error\"")
                    .contains("overloaded")
                    .doesNotContain("offset");
            assertThat(room.used()).isEqualTo(16 << 20);
        } finally {
            metrics.close();
        }
    }
}
