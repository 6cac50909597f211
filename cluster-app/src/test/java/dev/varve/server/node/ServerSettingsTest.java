package dev.varve.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ServerSettingsTest {
    private static ServerSettings settings(String keys) {
        return ServerSettings.fromConfig(ConfigFactory.parseString(keys)
                .withFallback(ConfigFactory.defaultReference().getConfig("varve.server")));
    }

    @Test
    void a_server_is_a_cluster_alone_unless_told_otherwise_on_ports_that_are_free() {
        ServerSettings alone = settings("");
        assertThat(alone.isAlone()).isTrue();
        assertThat(alone.wantedReplicationFactor()).isEqualTo(1);
        assertThat(alone.data()).isEqualTo(Path.of("data"));
        assertThat(alone.raft()).isEqualTo("127.0.0.1:0");
        assertThat(alone.cluster()).isEqualTo("127.0.0.1:0");
    }

    @Test
    void a_server_with_seeds_is_one_of_three_unless_told_otherwise() {
        ServerSettings one = settings("seeds = [\"127.0.0.1:7101\", \"127.0.0.1:7102\"]");
        assertThat(one.isAlone()).isFalse();
        assertThat(one.wantedReplicationFactor()).isEqualTo(3);
        assertThat(settings("seeds = [\"127.0.0.1:7101\"], replication-factor = 5")
                        .wantedReplicationFactor())
                .isEqualTo(5);
    }

    @Test
    void the_first_of_several_needs_no_seeds() {
        assertThat(settings("replication-factor = 3").isAlone()).isFalse();
        assertThat(settings("seeds = [\"127.0.0.1:7101\"], replication-factor = 1")
                        .isAlone())
                .as("whoever is looked for may be a cluster already")
                .isFalse();
    }

    @Test
    void what_makes_no_sense_is_refused() {
        for (String wrong : new String[] {
            "groups = 0",
            "http.bind = \"8080\"",
            "http.max-records = 0",
            "raft = \"7001\"",
            "cluster = \"127.0.0.1:70000\"",
            "cluster = \"0.0.0.0:7101\"",
            "seeds = [\"somewhere\"]",
            "seeds = [\"127.0.0.1:0\"]",
            "replication-factor = 0",
            "snapshot-entries = 0",
            "request-timeout = 15 s"
        }) {
            assertThatThrownBy(() -> settings(wrong)).as(wrong).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
