package dev.varve.partition;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
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

    @Test
    void a_partition_takes_it() {
        Config config = ConfigFactory.parseFile(FILE)
                .withFallback(ConfigFactory.defaultReferenceUnresolved())
                .resolve();
        PartitionSettings.fromConfig(Path.of("/somewhere"), config.getConfig("varve"));
    }
}
