package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.partition.PartitionActor;
import dev.varve.server.testkit.RunningServer;
import dev.varve.server.testkit.RunningServer.Answer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the server takes on, up to its limits and no further. */
class LimitsTest {
    private static final String RECORDS = "/v1/topics/one/partitions/0/records";
    private static final int REQUEST_BYTES = 4 << 10;
    private static final int RECORD_BYTES = 1 << 10;
    private static final int RECORD_COUNT = 10;
    private static final int CONNECTIONS = 3;

    private final RunningServer server = RunningServer.start(
            """
            varve.server.http {
              max-request-bytes = %d
              max-record-bytes = %d
              max-records = %d
              max-connections = %d
              max-bytes-in-flight = %d
            }
            """
                    .formatted(REQUEST_BYTES, RECORD_BYTES, RECORD_COUNT, CONNECTIONS, 2 * REQUEST_BYTES));

    LimitsTest() {
        server.put("/v1/topics/one", "{}").is(201);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** A request with one record, of just this length. */
    private static String request(int bytes) {
        String empty = "{\"records\":[{\"value\":\"\"}]}";
        return "{\"records\":[{\"value\":\"" + "x".repeat(bytes - empty.length()) + "\"}]}";
    }

    /** A line with one record, of just this length without its line feed. */
    private static String line(int bytes) {
        String empty = "{\"value\":\"\"}";
        return "{\"value\":\"" + "x".repeat(bytes - empty.length()) + "\"}\n";
    }

    private static String records(int count) {
        return "{\"records\":[" + "{},".repeat(count - 1) + "{}]}";
    }

    @Test
    void a_request_may_be_as_long_as_the_limit_and_no_longer() {
        server.post(RECORDS, request(REQUEST_BYTES)).is(200);
        server.post(RECORDS, request(REQUEST_BYTES + 1)).isProblem(413, "request-too-large");
    }

    @Test
    void a_request_may_bring_as_many_records_as_the_limit_and_no_more() {
        server.post(RECORDS, records(RECORD_COUNT)).is(200);
        server.post(RECORDS, records(RECORD_COUNT + 1)).isProblem(413, "too-many-records");
    }

    @Test
    void a_streamed_line_may_be_as_long_as_the_limit_and_no_longer() {
        String topic = "/v1/topics/one/records";
        Answer within = server.send("POST", topic, line(RECORD_BYTES) + line(RECORD_BYTES), "application/x-ndjson");
        assertThat(within.is(200).text().lines()).hasSize(2).allMatch(line -> line.contains("\"offset\""));
        Answer over = server.send("POST", topic, line(RECORD_BYTES + 1), "application/x-ndjson");
        assertThat(over.is(200).text().lines().toList().get(0)).contains("\"error\"");
    }

    @Test
    void requests_may_be_in_flight_up_to_the_limit_of_their_bytes() throws Exception {
        BlockingQueue<PartitionActor.Append> held = new LinkedBlockingQueue<>();
        server.topics().onAppend(append -> {
            held.add(append);
            return Optional.empty();
        });
        CompletableFuture<Answer> first = server.sendAsync("POST", RECORDS, request(REQUEST_BYTES), "application/json");
        CompletableFuture<Answer> second =
                server.sendAsync("POST", RECORDS, request(REQUEST_BYTES), "application/json");
        PartitionActor.Append one = held.poll(10, TimeUnit.SECONDS);
        PartitionActor.Append other = held.poll(10, TimeUnit.SECONDS);
        server.post(RECORDS, records(1)).isProblem(429, "overloaded");
        one.replyTo().tell(new PartitionActor.Appended(0, 0));
        other.replyTo().tell(new PartitionActor.Appended(1, 1));
        first.get(10, TimeUnit.SECONDS).is(200);
        second.get(10, TimeUnit.SECONDS).is(200);
    }

    @Test
    @SuppressWarnings("try") // One goes before its block ends: that is what is tested.
    void as_many_are_connected_as_may_be_and_the_next_one_waits_until_another_goes() throws IOException {
        // The client of the test holds one.
        server.get("/alive").is(200);
        try (Socket second = connect();
                Socket third = connect()) {
            assertThat(answer(second, 10_000)).startsWith("HTTP/1.1 200");
            assertThat(answer(third, 10_000)).startsWith("HTTP/1.1 200");
            try (Socket fourth = connect()) {
                assertThat(answer(fourth, 300)).as("an answer beyond the limit").isEmpty();
                second.shutdownOutput();
                assertThat(answer(fourth, 10_000)).startsWith("HTTP/1.1 200");
            }
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(
                server.server().address().getAddress(),
                server.server().address().getPort());
        socket.getOutputStream().write("GET /alive HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** The first line of the answer; empty if none comes in time. */
    private static String answer(Socket socket, int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                    .readLine();
        } catch (SocketTimeoutException e) {
            return "";
        }
    }
}
