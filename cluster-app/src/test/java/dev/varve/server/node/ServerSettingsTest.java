package dev.varve.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.varve.cluster.ClusterSettings;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ServerSettingsTest {
    private static ClusterSettings cluster(String keys) {
        return ServerSettings.fromConfig(ConfigFactory.parseString(keys)
                        .withFallback(ConfigFactory.defaultReference().getConfig("varve.server")))
                .cluster();
    }

    @Test
    void a_server_is_a_cluster_alone_unless_told_otherwise_on_a_port_that_is_free() {
        ClusterSettings alone = cluster("");
        assertThat(alone.nodeId()).isEmpty();
        assertThat(alone.directory()).isEqualTo(Path.of("data"));
        assertThat(alone.nodes().values()).singleElement().asString().matches("127\\.0\\.0\\.1:[1-9]\\d+");
        assertThat(cluster("raft = \"127.0.0.1:7001\"").nodes().values()).containsExactly("127.0.0.1:7001");
    }

    @Test
    void a_server_is_one_of_several_when_it_is_told_which() {
        ClusterSettings one = cluster("node = n2, nodes = [\"n1=127.0.0.1:7001\", \"n2=127.0.0.1:7002\"], groups = 3");
        assertThat(one.nodeId()).contains("n2");
        assertThat(one.nodes()).containsEntry("n1", "127.0.0.1:7001").hasSize(2);
        assertThat(one.groups()).isEqualTo(3);
        for (String wrong : new String[] {
            "nodes = [\"n1=127.0.0.1:7001\", \"n2=127.0.0.1:7002\"]",
            "node = n3, nodes = [\"n1=127.0.0.1:7001\", \"n2=127.0.0.1:7002\"]",
            "node = n1, nodes = [\"n1=127.0.0.1\"]",
            "node = n1",
            "groups = 0",
            "http.bind = \"8080\"",
            "http.max-records = 0"
        }) {
            assertThatThrownBy(() -> cluster(wrong)).as(wrong).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
