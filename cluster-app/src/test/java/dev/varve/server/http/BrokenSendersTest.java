package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.testkit.RunningServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.apache.pekko.http.impl.engine.server.ServerTerminationDeadlineReached;
import org.apache.pekko.stream.StreamTcpException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who begins to send, and does not come to the end. */
class BrokenSendersTest {
    private final RunningServer server = RunningServer.start("varve.server.http.body-timeout = 300 ms");

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void a_body_that_does_not_arrive_in_time_is_408_and_nothing_is_done() throws IOException {
        server.put("/v1/topics/one", "{}").is(201);
        try (Socket socket = new Socket(
                server.server().address().getAddress(),
                server.server().address().getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write(
                            ("POST /v1/topics/one/records HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 99\r\n\r\n"
                                            + "{\"records\":[{\"value\":\"half")
                                    .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer)
                    .startsWith("HTTP/1.1 408")
                    .contains("\"code\":\"request-too-slow\"")
                    .contains("nothing was done");
        }
        assertThat(server.get("/v1/topics/one/partitions/0/records")
                        .is(200)
                        .json()
                        .get("highWatermark")
                        .longValue())
                .isZero();
    }

    @Test
    void a_connection_that_breaks_is_the_fault_of_nobody_here() {
        Problem problem = Problems.of(new StreamTcpException("The connection closed with error: Connection reset"));
        assertThat(problem.status()).isEqualTo(400);
        assertThat(problem.detail()).contains("Connection reset");
    }

    @Test
    void a_stream_that_is_cut_off_because_the_server_stops_is_no_surprise_to_it() {
        Problem problem = Problems.of(new ServerTerminationDeadlineReached());
        assertThat(problem.code()).isEqualTo("stopping");
        assertThat(problem.status()).isEqualTo(503);
    }
}
