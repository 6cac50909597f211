package dev.varve.persistence.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import scala.jdk.javaapi.CollectionConverters;

/**
 * One life of a persistent actor: each has a unique id of its own, by which a journal tells two of them apart.
 *
 * @param persistenceId whose events it writes
 * @param uuid its own id
 */
public record Writer(String persistenceId, String uuid) {

    /** A new life. */
    public static Writer of(String persistenceId) {
        return new Writer(persistenceId, UUID.randomUUID().toString());
    }

    /** Another life of the same actor. */
    public Writer another() {
        return of(persistenceId);
    }

    /** An event as an actor sends it to its journal. */
    public PersistentRepr event(long sequenceNr, Object payload) {
        return PersistentRepr.apply(payload, sequenceNr, persistenceId, "", false, null, uuid);
    }

    /** A write: the events of one {@code persist} or {@code persistAll}, with successive sequence numbers. */
    public AtomicWrite write(long firstSequenceNr, Object... payloads) {
        List<PersistentRepr> events = new ArrayList<>();
        for (Object payload : payloads) {
            events.add(event(firstSequenceNr + events.size(), payload));
        }
        return write(events);
    }

    /** A write of these events. */
    public static AtomicWrite write(PersistentRepr... events) {
        return write(Arrays.asList(events));
    }

    private static AtomicWrite write(List<PersistentRepr> events) {
        return new AtomicWrite(CollectionConverters.asScala(events).toList());
    }
}
