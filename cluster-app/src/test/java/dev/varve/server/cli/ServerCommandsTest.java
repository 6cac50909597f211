package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.testkit.RunningServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerCommandsTest {
    private final RunningServer server = RunningServer.start("");

    @AfterEach
    void stop() {
        server.close();
    }

    private Cli.Result run(String... args) {
        return runOn("", args);
    }

    private Cli.Result runOn(String input, String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        all.add("--server");
        all.add(server.url().toString());
        return Cli.runOn(input.getBytes(StandardCharsets.UTF_8), all.toArray(String[]::new));
    }

    @Test
    void a_topic_is_created_listed_described_altered_and_deleted() {
        assertThat(run("topic", "create", "orders", "--partitions", "2", "--retention-bytes", "1k")
                        .exitsWith(0)
                        .text())
                .isEqualTo("created orders with 2 partitions\n");
        assertThat(run("topic", "list").exitsWith(0).text()).isEqualTo("orders: 2 partitions, 0 offsets\n");
        Cli.Result described = run("topic", "describe", "orders").exitsWith(0);
        assertThat(described.lines()).hasSize(3);
        assertThat(described.lines().get(0)).contains("retention-ms off").contains("retention-bytes 1024");
        assertThat(described.lines().get(2))
                .startsWith("partition 1: offsets 0 to 0")
                .contains("leader node-1");
        assertThat(run("topic", "alter", "orders", "--retention-bytes", "off", "--compression", "lz4")
                        .exitsWith(0)
                        .text())
                .contains("retention-bytes off")
                .contains("compression lz4");
        Map<String, Object> json = run("topic", "describe", "orders", "--json")
                .exitsWith(0)
                .objects()
                .get(0);
        assertThat(json).containsEntry("compression", "lz4").containsEntry("retentionMs", null);
        assertThat(run("topic", "create", "orders").exitsWith(3).err()).contains("already");
        run("topic", "delete", "orders").exitsWith(0);
        assertThat(run("topic", "describe", "orders").exitsWith(3).err())
                .isEqualTo("varve: there is no topic 'orders'\n");
        assertThat(run("topic", "create", "../orders").exitsWith(2).err()).contains("../orders");
        assertThat(run("topic", "create", "orders", "--partitions", "0")
                        .exitsWith(2)
                        .err())
                .contains("partitions");
    }

    @Test
    void lines_that_are_produced_are_consumed_in_order(@TempDir Path directory) throws IOException {
        run("topic", "create", "t").exitsWith(0);
        Path file = directory.resolve("lines");
        Files.writeString(file, Cli.numbered("line ", 5_000));
        Cli.Result produced = run("produce", "t", file.toString(), "--acks").exitsWith(0);
        assertThat(produced.err()).startsWith("produced 5000 records, ");
        assertThat(produced.lines())
                .hasSize(5_000)
                .startsWith("acked 0 0", "acked 0 1")
                .endsWith("acked 0 4999");
        assertThat(run("consume", "t").exitsWith(0).text()).isEqualTo(Files.readString(file));
        assertThat(run("consume", "t", "--partition", "0", "--from", "4999")
                        .exitsWith(0)
                        .text())
                .isEqualTo("line 4999\n");
        Cli.Result beyond = run("consume", "t", "--from", "5001").exitsWith(2);
        assertThat(beyond.err()).contains("5001").contains("5000");
    }

    @Test
    void lines_with_keys_go_to_the_partitions_of_their_keys() {
        run("topic", "create", "t", "--partitions", "3").exitsWith(0);
        runOn("a:1\nb:2\na:3\nlone\n", "produce", "t", "--key-separator", ":").exitsWith(0);
        List<Map<String, Object>> records =
                run("consume", "t", "--json").exitsWith(0).objects();
        assertThat(records).hasSize(4);
        List<Map<String, Object>> ofA =
                records.stream().filter(record -> "a".equals(record.get("key"))).toList();
        assertThat(ofA).extracting(record -> record.get("value")).containsExactly("1", "3");
        assertThat(ofA.get(0).get("partition")).isEqualTo(ofA.get(1).get("partition"));
        assertThat(run("consume", "t", "--from", "1").exitsWith(2).err()).contains("--partition");
        assertThat(run("consume", "t", "--partition", "3").exitsWith(2).err()).contains("0 to 2");
        runOn("x\n", "produce", "t", "--partition", "2").exitsWith(0);
        assertThat(run("consume", "t", "--partition", "2").exitsWith(0).text()).endsWith("x\n");
    }

    @Test
    void what_is_not_there_is_refused_in_words() throws IOException {
        assertThat(runOn("x\n", "produce", "nothing").exitsWith(3).err())
                .contains("produced 0 records")
                .contains("there is no topic 'nothing'");
        assertThat(run("consume", "nothing").exitsWith(3).err()).contains("there is no topic 'nothing'");
        assertThat(runOn("x".repeat(3 << 20), "produce", "nothing").exitsWith(3).err())
                .contains("line 1 is too long: with its frame it is over 2097152 bytes; it");
        int nobody;
        try (ServerSocket free = new ServerSocket(0)) {
            nobody = free.getLocalPort();
        }
        assertThat(Cli.run("topic", "delete", "t", "--server", "http://127.0.0.1:" + nobody)
                        .exitsWith(3)
                        .err())
                .contains("127.0.0.1:" + nobody)
                .contains("cannot be reached");
        assertThat(Cli.run("topic", "list", "--server", "localhost")
                        .exitsWith(2)
                        .err())
                .contains("http://host:port");
    }

    @Test
    void the_state_of_the_cluster_is_shown_and_a_group_without_leader_is_a_finding() {
        Cli.Result status = run("cluster", "status").exitsWith(0);
        assertThat(status.lines())
                .containsExactly(
                        "cluster cluster-1, replication factor 1, as node node-1 sees it",
                        "node node-1: alive, leads 2 groups, http http://127.0.0.1:8080, cluster 127.0.0.1:7101, raft"
                                + " 127.0.0.1:2550",
                        "group topics: leader node-1, term 2, replicas node-1, applied 7",
                        "group 0: leader node-1, term 3, replicas node-1, applied 42");
        server.topics().loseLeader();
        assertThat(run("cluster", "status", "--json").exitsWith(1).objects().get(0))
                .containsEntry("nodeId", "node-1");
    }
}
