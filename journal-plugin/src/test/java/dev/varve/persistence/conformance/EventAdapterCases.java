package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.persistence.conformance.Temperature.Between;
import dev.varve.persistence.conformance.Temperature.Celsius;
import dev.varve.persistence.conformance.Temperature.Fahrenheit;
import org.junit.jupiter.api.Test;

/** Event adapters, which the suite adds to the journal's configuration, stand between the actors and what is stored. */
public interface EventAdapterCases extends JournalFixture {

    @Test
    default void an_adapter_gets_the_manifest_back_that_it_gave() {
        Writer writer = Writer.of(newPersistenceId());
        journal().store(writer.write(1, new Celsius(20)), writer.write(2, new Fahrenheit(68)));
        assertThat(journal().replay(writer.persistenceId()).payloads())
                .containsExactly(new Celsius(20), new Fahrenheit(68));
    }

    @Test
    default void an_adapter_makes_several_events_of_one() {
        Writer writer = Writer.of(newPersistenceId());
        journal().store(writer.write(1, new Between(10, 20), "plain"));
        Replay replay = journal().replay(writer.persistenceId());
        assertThat(replay.payloads()).containsExactly(new Celsius(10), new Celsius(20), "plain");
        assertThat(replay.highestSequenceNr()).isEqualTo(2);
    }
}
