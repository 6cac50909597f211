package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three servers, each in a process of its own, of which one stops for longer than the others wait. */
@Tag("soak")
class PausedServerTest {
    private static final Duration PAUSE = Duration.ofSeconds(30);
    private static final Duration REJOIN = Duration.ofSeconds(30);

    @TempDir
    Path root;

    private final List<ChildVarve> servers = new ArrayList<>();
    private final List<String> urls = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        List<String> addresses = Ports.free(3);
        for (int i = 0; i < 3; i++) {
            servers.add(ChildVarve.startWith(
                    List.of("-Xmx192m", "-XX:TieredStopAtLevel=1"),
                    "serve",
                    "--data",
                    root.resolve("data-" + i).toString(),
                    "--http",
                    "127.0.0.1:0",
                    "--cluster",
                    addresses.get(i),
                    "--seeds",
                    String.join(",", addresses),
                    "-Dvarve.server.groups=2"));
        }
        for (ChildVarve server : servers) {
            String ready = server.readLine();
            assertThat(ready).startsWith("ready http=");
            urls.add(ready.substring("ready http=".length(), ready.indexOf(" node=")));
        }
    }

    @AfterEach
    void stop() {
        servers.forEach(ChildVarve::close);
    }

    /** The nodes that a server sees in the Pekko cluster; none if it does not say. */
    private long clustered(int server) {
        Cli.Result told = Cli.run("cluster", "status", "--json", "--server", urls.get(server));
        if (told.text().isEmpty()) {
            return 0;
        }
        Map<?, ?> status = told.objects().get(0);
        return ((List<?>) status.get("nodes"))
                .stream()
                        .filter(node -> Boolean.TRUE.equals(((Map<?, ?>) node).get("clustered")))
                        .count();
    }

    private static void within(Duration patience, String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    @Test
    void a_server_that_was_paused_joins_the_others_again_by_itself_and_they_go_on_meanwhile() throws Exception {
        Cli.run("topic", "create", "t", "--partitions", "3", "--server", urls.get(0))
                .exitsWith(0);
        within(Duration.ofSeconds(60), "all see each other", () -> clustered(0) == 3 && clustered(2) == 3);
        servers.get(1).pause();
        long since = System.nanoTime();
        within(PAUSE, "the others take it for lost", () -> clustered(0) == 2 && clustered(2) == 2);
        Path lines = root.resolve("lines");
        Files.writeString(lines, Cli.numbered("line ", 1_000));
        Cli.run("produce", "t", lines.toString(), "--partition", "0", "--server", urls.get(2))
                .exitsWith(0);
        TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos() - (System.nanoTime() - since));
        servers.get(1).resume();
        within(REJOIN, "all see each other again", () -> clustered(0) == 3 && clustered(1) == 3 && clustered(2) == 3);
        within(REJOIN, "it has what was appended meanwhile", () -> Cli.run(
                        "consume", "t", "--partition", "0", "--server", urls.get(1))
                .text()
                .equals(Cli.numbered("line ", 1_000)));
    }
}
