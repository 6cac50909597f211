package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.TopicSpec;
import dev.varve.server.client.VarveClient;
import dev.varve.server.testkit.RunningServer;
import java.io.IOException;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Names come from anybody; what is no name of a topic goes no further than the door. */
class TopicNamesTest {
    private static final long SEED = 8_081;
    private static final String GOOD = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}";
    private static final String[] PARTS = {
        "..",
        ".",
        "/",
        "\\",
        "%2e",
        "%2E%2E",
        "%2f",
        "%5c",
        "%00",
        "%",
        "%zz",
        "\u0000",
        "\n",
        "\r\n",
        " ",
        "~",
        "CON",
        "nul",
        ":",
        "*",
        "?",
        "#",
        ";",
        "&",
        "\u00e9",
        "\u202e",
        "\uff0e\uff0e\uff0f",
        "\ud83d\ude00",
        "a",
        "B7",
        "-",
        "_",
        "etc",
        "passwd",
        "lock",
        "raft"
    };

    private final RunningServer server = RunningServer.start("");

    @AfterEach
    void stop() {
        server.close();
    }

    private static List<String> nastyNames() {
        Random random = new Random(SEED);
        List<String> names = new ArrayList<>(List.of(
                "",
                ".",
                "..",
                "../..",
                "/etc/passwd",
                "..\\..",
                "a/../../b",
                ".hidden",
                "a".repeat(201),
                "a".repeat(100_000)));
        for (int i = 0; i < 400; i++) {
            StringBuilder name = new StringBuilder();
            for (int parts = 1 + random.nextInt(5); parts > 0; parts--) {
                name.append(PARTS[random.nextInt(PARTS.length)]);
            }
            names.add(name.toString());
        }
        return names;
    }

    private List<String> topics() {
        List<String> names = new ArrayList<>();
        server.get("/v1/topics")
                .is(200)
                .json()
                .get("topics")
                .forEach(topic -> names.add(topic.get("name").asText()));
        return names;
    }

    @Test
    void whatever_is_sent_as_a_name_only_names_become_topics() {
        for (String name : nastyNames()) {
            if (name.length() > 4_000) {
                continue;
            }
            String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
            int status = server.put("/v1/topics/" + encoded, "{}").status();
            boolean isGood = name.matches(GOOD);
            assertThat(status)
                    .as("seed %d, name '%s'", SEED, name)
                    .isIn(isGood ? List.of(201, 409) : List.of(400, 404, 405));
        }
        assertThat(topics()).isNotEmpty().allMatch(name -> name.matches(GOOD));
    }

    @Test
    void raw_paths_that_climb_make_no_topic() throws IOException {
        for (String path : new String[] {
            "/v1/topics/..",
            "/v1/topics/../../x",
            "/v1/topics/%2e%2e",
            "/v1/topics/%2e%2e%2fx",
            "/v1/topics/a%2f..%2fb",
            "/v1/topics/a%00b",
            "/v1/topics/%ff%fe",
            "/v1/topics/" + "a".repeat(3_000),
            "/v1/topics/a;b",
            "/v1/topics/%c0%ae%c0%ae"
        }) {
            try (Socket socket = new Socket(
                    server.server().address().getAddress(),
                    server.server().address().getPort())) {
                socket.setSoTimeout(10_000);
                socket.getOutputStream()
                        .write(("PUT " + path
                                        + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
                                .getBytes(StandardCharsets.US_ASCII));
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(answer).as(path).matches("(?s)HTTP/1\\.1 4\\d\\d .*");
            }
        }
        assertThat(topics()).isEmpty();
    }

    @Test
    void a_client_cannot_even_say_such_a_name_and_batches_to_one_find_no_topic() {
        VarveClient client = VarveClient.of(server.url());
        for (String name : nastyNames()) {
            if (name.matches(GOOD)) {
                continue;
            }
            try {
                TopicSpec.of(name, 1);
                throw new AssertionError("'" + name + "' became a name");
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageContaining("1 to 200 letters");
            }
            if (name.length() < 4_000) {
                assertThat(client.describeTopic(name)
                                .toCompletableFuture()
                                .handle((found, failure) -> failure != null || found.isEmpty())
                                .join())
                        .as(name)
                        .isTrue();
            }
        }
        assertThat(server.post("/v1/batches", "{\"batches\":[{\"topic\":\"../x\",\"partition\":0,\"records\":[{}]}]}")
                        .is(200)
                        .json()
                        .at("/results/0/error/code")
                        .asText())
                .isEqualTo("no-such-topic");
        assertThat(topics()).isEmpty();
    }
}
