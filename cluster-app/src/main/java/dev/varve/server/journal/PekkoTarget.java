package dev.varve.server.journal;

import dev.varve.persistence.journal.EventSerialization;
import dev.varve.persistence.journal.StoredEvent;
import dev.varve.persistence.storage.Payload;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.EventAdapters;
import org.apache.pekko.persistence.journal.SingleEventSeq;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;

/** Any journal. Whether it keeps the timestamps is its own affair. */
final class PekkoTarget implements EventTarget {
    private final JournalClient journal;
    private final Serialization serialization;
    private final EventSerialization events;
    private final EventAdapters sourceAdapters;

    /** @param sourcePluginId whose event adapters turn what is stored into events of the application */
    PekkoTarget(ActorSystem system, String pluginId, String sourcePluginId) {
        this.journal = new JournalClient(system, pluginId);
        this.serialization = SerializationExtension.get(system);
        this.events = new EventSerialization(serialization);
        journal.requireThere();
        this.sourceAdapters = Persistence.get(system).adaptersFor(sourcePluginId);
    }

    @Override
    public long highest(String persistenceId) {
        return journal.highest(persistenceId);
    }

    @Override
    public boolean holds(String persistenceId, Carried event) {
        long number = event.sequenceNr();
        List<PersistentRepr> found =
                journal.replay(persistenceId, number, number, 1).events();
        return found.size() == 1
                && Arrays.equals(bytes(found.get(0)), bytes(live(event).event()));
    }

    private byte[] bytes(PersistentRepr event) {
        return Payload.of(serialization, event.payload()).bytes();
    }

    @Override
    public void write(String persistenceId, List<Carried> carried) {
        journal.write(carried.stream().map(each -> toWrite(live(each))).toList());
    }

    private static PersistentRepr toWrite(Carried.Live live) {
        PersistentRepr event = live.event();
        Set<String> tags = live.tags();
        return tags.isEmpty() ? event : event.withPayload(new Tagged(event.payload(), tags));
    }

    private Carried.Live live(Carried carried) {
        if (carried instanceof Carried.Live live) {
            return live;
        }
        StoredEvent stored = ((Carried.Bytes) carried).event();
        try {
            PersistentRepr event = events.toPekko(stored);
            Object payload = event.payload();
            if (sourceAdapters.get(payload.getClass()).fromJournal(payload, stored.adapterManifest())
                    instanceof SingleEventSeq single) {
                return new Carried.Live(event.withPayload(single.event()), stored.tags());
            }
        } catch (EventSerialization.EventUnreadableException e) {
            throw new NotCarriedException(e.getMessage(), e);
        }
        throw new NotCarriedException("an event adapter makes none or several of event " + stored.sequenceNr());
    }

    @Override
    public void deleteTo(String persistenceId, long toSequenceNr) {
        journal.deleteTo(persistenceId, toSequenceNr);
    }

    @Override
    public boolean takeOverDeleted(String persistenceId, long highest) {
        if (journal.highest(persistenceId) < highest) {
            return false;
        }
        journal.deleteTo(persistenceId, highest);
        return true;
    }

    @Override
    public void requireThere() {
        journal.requireThere();
    }
}
