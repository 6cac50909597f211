package dev.varve.persistence.query;

import dev.varve.persistence.journal.EventSerialization;
import dev.varve.persistence.journal.StoredEvent;
import dev.varve.persistence.storage.Partitions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.pekko.persistence.journal.EventAdapters;
import org.apache.pekko.persistence.journal.EventSeq;
import org.apache.pekko.persistence.journal.SingleEventSeq;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Turns stored events into what queries give: deserialized, and adapted by the event adapters of the journal, which may make several of one,
 * or none. Thread-safe.
 */
final class Envelopes {
    private final EventSerialization serialization;
    private final EventAdapters adapters;

    Envelopes(EventSerialization serialization, EventAdapters adapters) {
        this.serialization = serialization;
        this.adapters = adapters;
    }

    private <T> List<T> adapted(StoredEvent event, Function<Object, T> envelope) {
        Object stored = serialization.value(event, event.payload());
        EventSeq adapted = adapters.get(stored.getClass()).fromJournal(stored, event.adapterManifest());
        if (adapted instanceof SingleEventSeq single) {
            return List.of(envelope.apply(single.event()));
        }
        List<T> envelopes = new ArrayList<>();
        CollectionConverters.asJava(adapted.events()).forEach(each -> envelopes.add(envelope.apply(each)));
        return envelopes;
    }

    /** For the queries by persistence id and by tag. */
    List<EventEnvelope> of(StoredEvent event, Offset offset) {
        Option<Object> metadata = serialization.metadata(event);
        return adapted(
                event,
                adapted -> new EventEnvelope(
                        offset, event.persistenceId(), event.sequenceNr(), adapted, event.timestamp(), metadata));
    }

    /** For the queries by slice. */
    @SuppressWarnings("unchecked")
    <E> List<org.apache.pekko.persistence.query.typed.EventEnvelope<E>> typed(StoredEvent event, Offset offset) {
        Option<Object> metadata = serialization.metadata(event);
        return adapted(
                event,
                adapted -> new org.apache.pekko.persistence.query.typed.EventEnvelope<>(
                        offset,
                        event.persistenceId(),
                        event.sequenceNr(),
                        Option.apply((E) adapted),
                        event.timestamp(),
                        metadata,
                        entityType(event.persistenceId()),
                        Partitions.slice(event.persistenceId())));
    }

    /** As {@code PersistenceId.extractEntityType} has it: what is before the first {@code |}; empty if there is none. */
    private static String entityType(String persistenceId) {
        return persistenceId.substring(0, Math.max(0, persistenceId.indexOf('|')));
    }
}
