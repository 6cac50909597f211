package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.partition.PartitionSettings;
import dev.varve.server.http.HttpSettings;
import java.io.File;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The configuration at the root of the project. */
class ApplicationConfTest {
    private static final File FILE = new File("../application.conf");

    @Test
    void every_key_in_it_is_known_to_a_reference_configuration() {
        Config known = ConfigFactory.defaultReferenceUnresolved();
        Config file = ConfigFactory.parseFile(FILE);
        assertThat(file.entrySet()).hasSizeGreaterThan(5);
        assertThat(file.entrySet()).allSatisfy(entry -> assertThat(known.hasPathOrNull(entry.getKey()))
                .as(entry.getKey() + " in " + entry.getValue().origin().description())
                .isTrue());
    }

    private static Config resolved() {
        return ConfigFactory.parseFile(FILE)
                .withFallback(ConfigFactory.defaultReferenceUnresolved())
                .resolve();
    }

    @Test
    void a_partition_takes_it() {
        PartitionSettings.fromConfig(Path.of("/somewhere"), resolved().getConfig("varve"));
    }

    @Test
    void a_server_takes_it_and_listens_on_the_loopback() {
        assertThat(HttpSettings.fromConfig(resolved().getConfig("varve.server.http"))
                        .bind())
                .startsWith("127.0.0.1:");
    }

    @Test
    void a_server_listens_on_the_loopback_unless_told_otherwise() {
        Config reference = ConfigFactory.defaultReference();
        assertThat(HttpSettings.fromConfig(reference.getConfig("varve.server.http"))
                        .bind())
                .startsWith("127.0.0.1:");
    }
}
