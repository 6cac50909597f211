package dev.varve.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cluster.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers find each other, stay one cluster, and let a new one take the place of one that is lost. */
class ServersTest {
    @TempDir
    Path root;

    private Servers servers;

    @BeforeEach
    void prepare() {
        servers = new Servers(root, "a", "b", "c");
    }

    @AfterEach
    void stop() throws IOException {
        servers.close();
    }

    private void form() throws IOException {
        // Not the one that the others look for first.
        servers.start("c");
        servers.start("b");
        servers.start("a");
        servers.awaitReady();
        servers.create("a", "t");
        servers.append("b", "one", "two");
    }

    @Test
    void three_form_a_cluster_whoever_starts_first_and_any_two_of_them_get_ready_again() throws IOException {
        form();
        assertThat(servers.hasSaid("c", "waiting for")).isTrue();
        servers.eventually("all see each other", servers::areTogether);
        String id = servers.get("a").topics().describeCluster().clusterId();
        for (String name : List.of("a", "b", "c")) {
            servers.stop(name);
        }
        // They know each other by now: whom they look for first is not there.
        servers.start("c", "varve.server.seeds = []");
        servers.start("b", "varve.server.seeds = [\"127.0.0.1:1\"]");
        servers.awaitReady();
        servers.append("c", "three");
        assertThat(servers.read("b"))
                .isEqualTo(List.of(List.of("one", "two", "three"), List.of("one", "two", "three")));
        assertThat(servers.get("c").topics().describeCluster().clusterId()).isEqualTo(id);
        servers.eventually("the two see each other", servers::areTogether);
    }

    @Test
    void a_server_that_lost_its_data_takes_its_place_under_another_id_and_the_old_one_is_refused() throws IOException {
        form();
        String lost = servers.get("c").nodeId();
        servers.stop("c");
        // Its disk is somewhere else.
        Files.move(servers.directory("c"), root.resolve("elsewhere"));
        servers.append("a", "three");
        servers.start("c");
        servers.awaitReady();
        assertThat(servers.get("c").nodeId()).isNotEqualTo(lost);
        servers.eventually("everybody counts on it", () -> servers.get("a").topics().describeCluster().groups().stream()
                .allMatch(group -> group.replicas().contains(servers.get("c").nodeId())));
        servers.eventually("all see each other", servers::areTogether);
        servers.stop("a");
        servers.append("b", "four");
        List<String> all = List.of("one", "two", "three", "four");
        assertThat(servers.read("c")).isEqualTo(List.of(all, all));
        // The disk is found again.
        servers.stop("c");
        Files.move(servers.directory("c"), root.resolve("new"));
        Files.move(root.resolve("elsewhere"), servers.directory("c"));
        VarveServer old = servers.start("c");
        assertThat(old.nodeId()).isEqualTo(lost);
        servers.eventually("it is told", () -> old.ended().isCompletedExceptionally());
        assertThatThrownBy(() -> old.ended().join())
                .hasMessageContaining("was taken by node")
                .hasMessageContaining("refused for ever");
        servers.stop("c");
        assertThatThrownBy(() -> servers.start("c"))
                .as("it knows by itself by now")
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("refused for ever");
    }

    @Test
    void one_that_the_others_have_declared_down_comes_back_by_itself_and_works_meanwhile() throws IOException {
        form();
        servers.eventually("all see each other", servers::areTogether);
        ActorSystem<?> before = servers.get("b").clustered().orElseThrow();
        Cluster ofA = Cluster.get(servers.get("a").clustered().orElseThrow());
        ofA.manager().tell(new Down(Cluster.get(before).selfMember().address()));
        servers.eventually(
                "it has left",
                () -> before.getWhenTerminated().toCompletableFuture().isDone());
        servers.append("b", "three");
        assertThat(servers.read("b").get(0)).containsExactly("one", "two", "three");
        servers.eventually(
                "it has joined anew",
                () -> servers.areTogether() && servers.get("b").clustered().orElseThrow() != before);
    }

    @Test
    void what_was_fixed_when_the_cluster_was_made_stays_and_who_is_told_otherwise_is_refused() throws IOException {
        servers.start("a", "varve.server.replication-factor = 1");
        servers.awaitReady();
        VarveServer other = servers.start("b");
        servers.eventually("it is told", () -> servers.hasSaid("b", "this node was told 3 and 2"));
        assertThat(other.ended()).isNotDone();
        servers.stop("b");
        servers.start("c", "varve.server.replication-factor = 1");
        servers.eventually("it is told", () -> servers.hasSaid("c", "cannot grow yet"));
        servers.stop("c");
        servers.stop("a");
        for (String wrong : List.of("varve.server.replication-factor = 3", "varve.server.groups = 8")) {
            assertThatThrownBy(() -> servers.start("a", wrong))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("it is fixed");
        }
        servers.start("a");
        servers.awaitReady();
    }

    private static HttpResponse<String> get(String url) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
    }

    @Test
    void before_there_is_a_cluster_it_is_alive_and_says_over_http_whom_it_waits_for() throws Exception {
        VarveServer a = servers.start("a");
        String url = a.url();
        assertThat(get(url + "/alive").statusCode()).isEqualTo(200);
        servers.eventually("it waits", () -> servers.hasSaid("a", "waiting for 2 more nodes"));
        HttpResponse<String> waiting = get(url + "/ready");
        assertThat(waiting.statusCode()).isEqualTo(503);
        assertThat(waiting.body())
                .contains("waiting for 2 more nodes to make a cluster of 3; " + servers.address("b") + ", "
                        + servers.address("c") + " have not answered");
        assertThat(get(url + "/v1/topics").statusCode()).isEqualTo(503);
        servers.start("b");
        servers.eventually("it waits for one", () -> servers.hasSaid("a", servers.address("c") + " has not answered"));
        servers.start("c");
        servers.awaitReady();
        assertThat(a.url()).isEqualTo(url);
        assertThat(get(url + "/ready").statusCode()).isEqualTo(200);
        servers.create("a", "t");
        assertThat(get(url + "/v1/topics").body()).contains("\"name\":\"t\"");
    }

    @Test
    void while_it_reads_what_is_on_its_disk_it_is_alive_and_says_how_far_it_has_got() throws Exception {
        servers.start("a", "varve.server { replication-factor = 1, groups = 1, snapshot-entries = 10 }");
        servers.awaitReady();
        servers.create("a", "t");
        Path snapshot = servers.directory("a").resolve("state").resolve("group-0");
        for (int i = 0; i < 12; i++) {
            servers.append("a", "v" + i);
        }
        servers.eventually("there is a snapshot", () -> Files.exists(snapshot));
        servers.stop("a");
        byte[] saved = Files.readAllBytes(snapshot);
        Files.delete(snapshot);
        // Whoever reads it waits until somebody has written it.
        assertThat(new ProcessBuilder("mkfifo", snapshot.toString()).start().waitFor())
                .isZero();
        String http = Ports.free(1).get(0);
        CompletableFuture<VarveServer> starting = CompletableFuture.supplyAsync(() -> {
            try {
                return servers.start(
                        "a", "varve.server { replication-factor = 1, groups = 1, http.bind = \"" + http + "\" }");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        try {
            servers.eventually("it listens", () -> isAlive("http://" + http) || starting.isDone());
            HttpResponse<String> ready = get("http://" + http + "/ready");
            assertThat(ready.statusCode()).isEqualTo(503);
            assertThat(ready.body()).contains("reading what is on its disk").contains("partitions are opened");
            assertThat(starting).isNotDone();
        } finally {
            Files.write(snapshot, saved);
        }
        starting.join();
        servers.awaitReady();
        assertThat(servers.read("a").get(0)).hasSize(12);
    }

    private static boolean isAlive(String url) {
        try {
            return get(url + "/alive").statusCode() == 200;
        } catch (ConnectException e) {
            return false;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_port_that_another_one_has_is_told_before_a_cluster_is_made_and_data_of_another_one_before_the_port()
            throws IOException {
        String alone = "varve.server.replication-factor = 1, varve.server.seeds = [], varve.server.http.bind = ";
        String taken = servers.start("a", alone + "\"127.0.0.1:0\"").url().substring("http://".length());
        assertThatThrownBy(() -> servers.start("b", alone + "\"" + taken + "\""))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot listen for HTTP on " + taken)
                .hasMessageContaining("in use");
        assertThat(servers.directory("b").resolve("charter")).as("its cluster").doesNotExist();
        assertThatThrownBy(() -> servers.start("a", alone + "\"" + taken + "\""))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("another process runs a node on");
    }
}
