package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.query.javadsl.CurrentLastSequenceNumberByPersistenceIdQuery;
import org.apache.pekko.persistence.query.typed.EventEnvelope;
import org.apache.pekko.persistence.query.typed.javadsl.EventTimestampQuery;
import org.apache.pekko.persistence.query.typed.javadsl.LoadEventQuery;
import org.junit.jupiter.api.Test;

/** Questions about one actor or one event. */
public interface SingleEventCases extends QueryFixture {

    private Optional<Long> last(String persistenceId) {
        return await(queries(CurrentLastSequenceNumberByPersistenceIdQuery.class)
                .currentLastSequenceNumberByPersistenceId(persistenceId));
    }

    @Test
    default void the_last_sequence_number_is_that_of_the_last_event() {
        needs(Capability.QUERIES_THE_LAST_SEQUENCE_NUMBER);
        Writer writer = writerOfFive();
        assertThat(last(writer.persistenceId())).contains(5L);
        journal().store(writer.write(6, "a-6"));
        assertThat(last(writer.persistenceId())).contains(6L);
        assertThat(last(newPersistenceId())).isEmpty();
    }

    private Optional<Instant> time(String persistenceId, long sequenceNr) {
        return await(queries(EventTimestampQuery.class).timestampOf(persistenceId, sequenceNr));
    }

    @Test
    default void the_time_of_an_event_is_that_of_its_write() {
        needs(Capability.QUERIES_TIMES_OF_EVENTS);
        String id = writerOfFive().persistenceId();
        long timestamp = journal().replay(id, 4, 4).events().get(0).timestamp();
        assertThat(time(id, 4))
                .hasValueSatisfying(time -> assertThat(time.toEpochMilli()).isEqualTo(timestamp));
        assertThat(time(id, 6)).isEmpty();
        assertThat(time(newPersistenceId(), 1)).isEmpty();
        journal().delete(id, 3);
        assertThat(time(id, 3)).isEmpty();
    }

    private EventEnvelope<Object> load(String persistenceId, long sequenceNr) {
        return await(queries(LoadEventQuery.class).loadEnvelope(persistenceId, sequenceNr));
    }

    @Test
    default void a_single_event_is_loaded_with_all_that_belongs_to_it() {
        needs(Capability.LOADS_SINGLE_EVENTS, Capability.QUERIES_EVENTS_WITH_METADATA);
        Writer writer = writerOfFive();
        journal().store(Writer.write(writer.event(6, tagged("a-6", "tag")).withMetadata("about it")));
        EventEnvelope<Object> envelope = load(writer.persistenceId(), 6);
        assertThat(envelope.getEvent()).isEqualTo("a-6");
        assertThat(envelope.sequenceNr()).isEqualTo(6);
        assertThat(envelope.persistenceId()).isEqualTo(writer.persistenceId());
        assertThat(envelope.getEventMetaData()).contains("about it");
        assertThat(envelope.entityType()).isEqualTo("entity");
        assertThat(envelope.slice())
                .isEqualTo(Persistence.get(kit().system()).sliceForPersistenceId(writer.persistenceId()));
        assertThat(envelope.timestamp()).isPositive();
        assertThat(load(writer.persistenceId(), 5).getEvent()).isEqualTo("a-5");
    }

    @Test
    default void an_event_that_is_not_there_cannot_be_loaded() {
        needs(Capability.LOADS_SINGLE_EVENTS);
        String id = writerOfFive().persistenceId();
        journal().delete(id, 2);
        assertThatThrownBy(() -> load(id, 6)).hasCauseInstanceOf(NoSuchElementException.class);
        assertThatThrownBy(() -> load(id, 2)).hasCauseInstanceOf(NoSuchElementException.class);
        assertThatThrownBy(() -> load(newPersistenceId(), 1)).hasCauseInstanceOf(NoSuchElementException.class);
    }
}
