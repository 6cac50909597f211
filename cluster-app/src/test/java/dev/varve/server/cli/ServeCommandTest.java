package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {
    private static final long TEN_SECONDS = 10_000;

    private static ChildVarve serve(Path data, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of(
                "serve", "--data", data.toString(), "-Dvarve.server.http.bind=127.0.0.1:0", "-Dvarve.server.groups=2"));
        args.addAll(List.of(more));
        return ChildVarve.startWith(List.of("-Xmx192m", "-XX:TieredStopAtLevel=1"), args.toArray(String[]::new));
    }

    /** Waits until it is ready; gives its URL. */
    private static String url(ChildVarve server) throws IOException {
        String line = server.readLine();
        if (line == null) {
            throw new AssertionError(server.err());
        }
        assertThat(line).matches("ready http=http://127\\.0\\.0\\.1:\\d+ node=\\S+");
        return line.substring("ready http=".length(), line.indexOf(" node="));
    }

    @Test
    void a_server_keeps_what_it_acknowledged_ends_within_ten_seconds_and_goes_on_as_who_it_was(@TempDir Path directory)
            throws Exception {
        Path data = directory.resolve("data");
        Path lines = directory.resolve("lines");
        Files.writeString(lines, Cli.numbered("line ", 1_000));
        String node;
        try (ChildVarve server = serve(data)) {
            String url = url(server);
            Cli.run("topic", "create", "orders", "--partitions", "2", "--server", url)
                    .exitsWith(0);
            Cli.run("produce", "orders", lines.toString(), "--partition", "1", "--server", url)
                    .exitsWith(0);
            assertThat(Cli.run("consume", "orders", "--server", url)
                            .exitsWith(0)
                            .text())
                    .isEqualTo(Files.readString(lines));
            node = (String) Cli.run("cluster", "status", "--json", "--server", url)
                    .exitsWith(0)
                    .objects()
                    .get(0)
                    .get("nodeId");

            // At the same port, too: what is told is what is wrong.
            Cli.Result second = Cli.run("serve", "--data", data.toString(), "--http", url.substring("http://".length()))
                    .exitsWith(3);
            assertThat(second.err()).contains("another process").contains(data.toString());

            server.terminate();
            assertThat(server.endsWithin(TEN_SECONDS)).as("it ends in time").isTrue();
            assertThat(server.awaitExit()).isEqualTo(143);
            assertThat(server.readLine()).as("more on standard output").isNull();
            // A machine that is busy has Pekko say now and then that something takes long.
            assertThat(server.err().lines().filter(line -> line.startsWith("varve: ")))
                    .singleElement()
                    .asString()
                    .matches("varve: recovered 0 topics with 0 partitions in \\d+\\.\\d seconds");
        }
        try (ChildVarve server = serve(data)) {
            String url = url(server);
            assertThat(Cli.run("consume", "orders", "--partition", "1", "--server", url)
                            .exitsWith(0)
                            .text())
                    .isEqualTo(Files.readString(lines));
            assertThat(Cli.run("cluster", "status", "--json", "--server", url)
                            .exitsWith(0)
                            .objects()
                            .get(0))
                    .containsEntry("nodeId", node);
            server.kill();
            server.awaitExit();
            assertThat(server.err()).contains("recovered 1 topics with 2 partitions in ");
        }
    }

    @Test
    void a_server_that_waits_for_others_says_so_to_whoever_asks_and_ends_when_it_is_told_to(@TempDir Path directory)
            throws Exception {
        List<String> free = Ports.free(4);
        String url = "http://" + free.get(3);
        try (ChildVarve server = serve(
                directory.resolve("data"),
                "--http",
                free.get(3),
                "--cluster",
                free.get(0),
                "--seeds",
                String.join(",", free.subList(0, 3)))) {
            String words = "waiting for 2 more nodes to make a cluster of 3; " + free.get(1) + ", " + free.get(2)
                    + " have not answered";
            long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            Cli.Result asked;
            do {
                asked = Cli.run("cluster", "status", "--server", url).exitsWith(3);
            } while (!asked.err().contains(words) && System.nanoTime() - untilNanos < 0);
            assertThat(asked.err()).contains(words);
            server.terminate();
            assertThat(server.endsWithin(TEN_SECONDS)).as("it ends in time").isTrue();
            assertThat(server.err()).contains("varve: " + words);
            assertThat(server.readLine()).as("it was never ready").isNull();
        }
    }

    @Test
    void a_server_that_makes_no_sense_is_refused_before_it_touches_anything(@TempDir Path directory) {
        String data = directory.resolve("data").toString();
        assertThat(Cli.run("serve", "--data", data, "--http", "8080")
                        .exitsWith(2)
                        .err())
                .contains("host:port");
        assertThat(Cli.run("serve", "--data", data, "--cluster", "0.0.0.0:7101")
                        .exitsWith(2)
                        .err())
                .contains("no address by which others can reach this node");
        assertThat(Cli.run("serve", "--data", data, "--seeds", "somewhere")
                        .exitsWith(2)
                        .err())
                .contains("HOST:PORT");
        assertThat(Cli.run("serve", "--data", data, "--replication-factor", "0")
                        .exitsWith(2)
                        .err())
                .contains("from 1 to 99");
        assertThat(Cli.run("serve", "--data", data, "-Dvarve.server.groups=many")
                        .exitsWith(2)
                        .err())
                .contains("groups")
                .contains("command line");
        assertThat(Cli.run("serve", "--data", data, "-Dvarve.server.http.max-request-bytes=3GiB")
                        .exitsWith(2)
                        .err())
                .contains("max-request-bytes must be less than 2 GiB");
        assertThat(Path.of(data)).doesNotExist();
        assertThat(Cli.run("serve", "--data", "").exitsWith(2).err()).contains("data must name a directory");
    }

    @Test
    void a_key_that_nothing_knows_is_refused_for_it_is_a_misspelt_one(@TempDir Path directory) throws IOException {
        String data = directory.resolve("data").toString();
        assertThat(Cli.run("serve", "--data", data, "-Dvarve.server.htp.max-connections=5")
                        .exitsWith(2)
                        .err())
                .contains("the command line: there is no key 'varve.server.htp.max-connections'");
        Path file = Files.writeString(directory.resolve("my.conf"), "varve {\n  servr.data = x\n}\n");
        assertThat(Cli.run("serve", "--data", data, "--config", file.toString())
                        .exitsWith(2)
                        .err())
                .contains("my.conf: 2: there is no key 'varve.servr.data'");
        assertThat(Cli.run("serve", "--data", data, "--config", file + ".gone")
                        .exitsWith(2)
                        .err())
                .contains("my.conf.gone");
        assertThat(Path.of(data)).doesNotExist();
    }

    @Test
    void a_directory_that_cannot_be_had_is_told_with_the_reason(@TempDir Path directory) throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        for (Path data : List.of(file, file.resolve("data"))) {
            assertThat(Cli.run("serve", "--data", data.toString(), "--http", "127.0.0.1:0")
                            .exitsWith(3)
                            .err())
                    .contains(file.toString())
                    .containsIgnoringCase("directory");
        }
    }

    @Test
    void a_wrong_value_is_told_without_the_insides_of_the_parser() {
        assertThat(Cli.run("cluster", "status", "--server", "somewhere")
                        .exitsWith(2)
                        .err())
                .startsWith("varve cluster status: Invalid value 'somewhere': a server is http://host:port\n");
        assertThat(Cli.run("consume", "orders", "--partition", "-1")
                        .exitsWith(2)
                        .err())
                .startsWith("varve consume: Invalid value '-1': must be 0 or more\n");
    }
}
