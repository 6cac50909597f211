package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptPortsTest {
    @Test
    void a_port_that_is_kept_is_none_that_a_connection_takes_while_the_node_is_down(@TempDir Path directory)
            throws IOException {
        Path file = directory.resolve("ports");
        int raft = KeptPorts.read(file).get("raft", "127.0.0.1");
        int cluster = KeptPorts.read(file).get("cluster", "127.0.0.1");
        assertThat(raft).isBetween(20_000, 31_999);
        assertThat(cluster).isBetween(20_000, 31_999).isNotEqualTo(raft);
        assertThat(KeptPorts.read(file).get("raft", "127.0.0.1")).isEqualTo(raft);
    }
}
