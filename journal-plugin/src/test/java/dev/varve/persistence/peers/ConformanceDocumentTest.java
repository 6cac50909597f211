package dev.varve.persistence.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.persistence.conformance.DurableStateConformance;
import dev.varve.persistence.conformance.JournalConformance;
import dev.varve.persistence.conformance.KillConformance;
import dev.varve.persistence.conformance.ReadJournalConformance;
import dev.varve.persistence.conformance.SnapshotStoreConformance;
import dev.varve.persistence.conformance.TypedConformance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What docs/TESTING.md says of the suite is so. */
class ConformanceDocumentTest {
    private static final Path SOURCES = Path.of("src/test/java/dev/varve/persistence/peers");

    private static String document() throws IOException {
        return Files.readString(Path.of("../docs/TESTING.md"));
    }

    @Test
    void the_example_is_a_test_that_runs() throws IOException {
        String source = Files.readString(SOURCES.resolve("StrictJournalConformanceTest.java"));
        assertThat(document()).contains(source.substring(source.indexOf("class ")));
    }

    @Test
    void every_part_of_the_suite_is_in_the_table() throws IOException {
        for (Class<?> part : List.of(
                JournalConformance.class,
                SnapshotStoreConformance.class,
                DurableStateConformance.class,
                ReadJournalConformance.class,
                TypedConformance.class,
                KillConformance.class)) {
            assertThat(document()).contains("| `" + part.getSimpleName() + "` |");
        }
    }

    @Test
    void the_suite_is_shown_as_many_faults_as_the_document_says() throws IOException {
        assertThat(FaultyJournal.Fault.values()).as("no fault, and sixteen").hasSize(1 + 16);
        assertThat(document()).contains("sixteen faulty journals");
    }
}
