package dev.varve.persistence.journal;

import dev.varve.persistence.storage.Payload;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.serialization.Serialization;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.OptionConverters;

/** Turns Pekko's representation of events into ours and back, with the serializers of the system. Thread-safe. */
public final class EventSerialization {
    private final Serialization serialization;

    public EventSerialization(Serialization serialization) {
        this.serialization = serialization;
    }

    /**
     * The event to store.
     *
     * @throws RuntimeException whatever the serializer throws
     */
    public StoredEvent toStored(PersistentRepr event, long timestamp) {
        Object payload = event.payload();
        Set<String> tags = Set.of();
        if (payload instanceof Tagged tagged) {
            payload = tagged.payload();
            tags = CollectionConverters.asJava(tagged.tags());
        }
        Optional<Object> metadata = OptionConverters.toJava(event.metadata());
        return new StoredEvent(
                event.persistenceId(),
                event.sequenceNr(),
                timestamp,
                event.writerUuid(),
                event.manifest(),
                tags,
                metadata.map(value -> Payload.of(serialization, value)),
                Payload.of(serialization, payload));
    }

    /**
     * The event as Pekko has it, with its bare payload.
     *
     * @throws EventUnreadableException if a serializer cannot make anything of it
     */
    public PersistentRepr toPekko(StoredEvent event) {
        PersistentRepr repr = PersistentRepr.apply(
                        value(event, event.payload()),
                        event.sequenceNr(),
                        event.persistenceId(),
                        event.adapterManifest(),
                        false,
                        ActorRef.noSender(),
                        event.writerUuid())
                .withTimestamp(event.timestamp());
        return event.metadata().isEmpty()
                ? repr
                : repr.withMetadata(value(event, event.metadata().get()));
    }

    /** The metadata of an event, as Scala has it. */
    public Option<Object> metadata(StoredEvent event) {
        return OptionConverters.toScala(event.metadata().map(metadata -> value(event, metadata)));
    }

    /** What a payload of an event says. */
    public Object value(StoredEvent event, Payload payload) {
        try {
            return payload.value(serialization);
        } catch (Exception e) {
            throw new EventUnreadableException(event, payload, e);
        }
    }

    /** A serializer could not make anything of an event that is stored. */
    public static final class EventUnreadableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        EventUnreadableException(StoredEvent event, Payload payload, Exception cause) {
            super(
                    "event " + event.sequenceNr() + " of persistence id [" + event.persistenceId() + "], serializer "
                            + payload.serializerId() + ", manifest [" + payload.manifest() + "], "
                            + payload.bytes().length + " bytes, could not be deserialized: " + cause
                            + ". It is kept as it is; start the system with the serializer that wrote it",
                    cause);
        }
    }
}
