package dev.varve.persistence.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.conformance.JournalConformance;
import dev.varve.persistence.conformance.PluginUnderTest;
import dev.varve.persistence.peers.FaultyJournal.Fault;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** The suite itself is worth something: it finds a journal's faults. */
class FaultyJournalTest {
    private static Fault fault;

    /** Run below; the build does not look inside of classes for tests. */
    static class Subject extends JournalConformance {
        @Override
        protected PluginUnderTest describe(Path directory) {
            assumeTrue(fault != null, "is run by the test around it");
            return Peers.inMemoryJournal()
                    .withConfig(ConfigFactory.parseString(
                            """
                            pekko.persistence.journal.plugin = faulty
                            faulty.class = "%s"
                            faulty.fault = %s
                            """
                                    .formatted(FaultyJournal.class.getName(), fault)));
        }
    }

    @AfterEach
    void forget() {
        fault = null;
    }

    @ParameterizedTest
    @CsvSource({
        "NONE,",
        "IGNORES_THE_LOWER_BOUND, a_replay_begins_at_the_lower_bound",
        "IGNORES_THE_UPPER_BOUND, a_replay_ends_at_the_upper_bound",
        "IGNORES_THE_COUNT, a_replay_gives_no_more_events_than_asked_for",
        "ENDS_BEFORE_THE_UPPER_BOUND, a_replay_across_the_deleted_events_gives_those_that_are_left",
        "TELLS_THE_HIGHEST_NUMBER_OF_WHAT_IS_LEFT, deleting_everything_does_not_lower_the_highest_sequence_number",
        "DELETES_NOTHING, deleted_events_are_not_replayed",
        "DELETES_ONE_TOO_FEW, a_replay_that_ends_at_the_last_deleted_event_gives_none",
        "DELETES_WHAT_IS_WRITTEN_LATER, deleting_everything_leaves_what_is_written_later",
        "FORGETS_THE_WRITER, an_event_comes_back_equal_with_its_writer",
        "FORGETS_THE_MANIFEST, an_adapter_gets_the_manifest_back_that_it_gave",
        "FORGETS_THE_TIME, an_event_has_the_time_at_which_it_was_written",
        "FORGETS_THE_METADATA, the_metadata_of_an_event_comes_back",
        "STORES_ONLY_THE_FIRST_EVENT_OF_A_WRITE, a_thousand_events_in_one_write_are_stored",
        "STORES_ONLY_THE_FIRST_WRITE_OF_A_BATCH, one_batch_holds_writes_of_several_actors",
        "ACKNOWLEDGES_WHAT_IT_DOES_NOT_STORE, what_is_acknowledged_can_be_read_at_once",
        "MIXES_UP_IDS_WITH_THE_SAME_HASH, ids_with_the_same_hash_do_not_see_each_other"
    })
    void the_suite_finds_the_fault_of_a_journal(Fault faultOfTheJournal, String caseThatFindsIt) {
        fault = faultOfTheJournal;
        List<String> failed = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(Subject.class))
                .execute()
                .testEvents()
                .failed()
                .map(Event::getTestDescriptor)
                .map(test -> test.getDisplayName().replace("()", ""))
                .toList();
        if (fault == Fault.NONE) {
            assertThat(failed).isEmpty();
        } else {
            assertThat(failed).contains(caseThatFindsIt);
        }
    }
}
