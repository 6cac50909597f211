package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who a node is, and where. */
class NodeDirectoryTest {
    private static final String ANY_PORT = "127.0.0.1:0";

    @TempDir
    Path root;

    @Test
    void a_node_makes_up_an_id_once_and_an_empty_directory_is_another_node() throws IOException {
        String id;
        try (NodeDirectory directory = NodeDirectory.open(root.resolve("a"))) {
            id = directory.nodeId();
            assertThat(directory.charter()).isEmpty();
            assertThat(directory.mayRun()).isFalse();
            assertThatThrownBy(() -> NodeDirectory.open(root.resolve("a")))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("another process");
        }
        try (NodeDirectory again = NodeDirectory.open(root.resolve("a"));
                NodeDirectory other = NodeDirectory.open(root.resolve("b"))) {
            assertThat(again.nodeId()).isEqualTo(id);
            assertThat(other.nodeId()).isNotEqualTo(id);
        }
    }

    @Test
    void a_free_port_is_given_once_and_kept_and_who_has_it_meanwhile_is_to_be_found() throws IOException {
        String raft;
        try (NodeDirectory directory = NodeDirectory.open(root)) {
            raft = directory.address("raft", ANY_PORT);
            assertThat(raft).matches("127\\.0\\.0\\.1:[1-9]\\d+");
            assertThat(directory.address("cluster", ANY_PORT)).isNotEqualTo(raft);
            assertThat(directory.address("raft", "127.0.0.1:7001"))
                    .as("one that is named is taken as it is")
                    .isEqualTo("127.0.0.1:7001");
        }
        try (NodeDirectory again = NodeDirectory.open(root)) {
            assertThat(again.address("raft", ANY_PORT)).isEqualTo(raft);
            int port = Integer.parseInt(raft.substring(raft.lastIndexOf(':') + 1));
            try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
                assertThatThrownBy(() -> again.address("raft", ANY_PORT))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("port " + taken.getLocalPort())
                        .hasMessageContaining("given for raft when it first started")
                        .hasMessageContaining("Find out what has it");
            }
        }
    }

    @Test
    void a_cluster_of_several_has_to_begin_and_one_of_one_may_run_at_once() throws IOException {
        try (NodeDirectory alone = NodeDirectory.open(root.resolve("alone"));
                NodeDirectory one = NodeDirectory.open(root.resolve("one"))) {
            Member self = Member.founder(alone.nodeId(), "h:1", "", "");
            alone.found(Charter.found(UUID.randomUUID(), 4, List.of(self)));
            assertThat(alone.mayRun()).isTrue();
            Member first = Member.founder(one.nodeId(), "h:1", "", "");
            one.found(Charter.found(UUID.randomUUID(), 4, List.of(first, Member.founder("other", "h:2", "", ""))));
            assertThat(one.mayRun()).isFalse();
            one.noteBegun();
            assertThat(one.mayRun()).isTrue();
            assertThatThrownBy(() -> one.found(Charter.found(UUID.randomUUID(), 4, List.of(self))))
                    .as("a cluster that does not count on it")
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void a_charter_that_is_damaged_is_told_and_left_alone() throws IOException {
        try (NodeDirectory directory = NodeDirectory.open(root)) {
            directory.found(
                    Charter.found(UUID.randomUUID(), 4, List.of(Member.founder(directory.nodeId(), "h:1", "", ""))));
        }
        byte[] bytes = Files.readAllBytes(root.resolve("charter"));
        bytes[bytes.length - 1] ^= 1;
        Files.write(root.resolve("charter"), bytes);
        assertThatThrownBy(() -> NodeDirectory.open(root))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("charter is damaged");
        assertThat(root.resolve("charter")).hasBinaryContent(bytes);
    }
}
