package dev.varve.server.journal;

import com.typesafe.config.Config;
import dev.varve.persistence.journal.DoubleWriterException;
import dev.varve.persistence.journal.EventJournal;
import dev.varve.persistence.journal.EventSerialization;
import dev.varve.persistence.journal.StoredEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.EventAdapters;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.persistence.journal.WriteEventAdapter;
import org.apache.pekko.serialization.SerializationExtension;
import scala.jdk.javaapi.CollectionConverters;

/** A journal of varve: timestamps and writers stay what they are. */
final class VarveTarget implements EventTarget {
    private final EventJournal journal;
    private final EventSerialization serialization;
    private final EventAdapters adapters;

    VarveTarget(ActorSystem system, String pluginId, Config section) {
        this.journal = EventJournal.of(system, section);
        this.serialization = new EventSerialization(SerializationExtension.get(system));
        this.adapters = Persistence.get(system).adaptersFor(pluginId);
    }

    @Override
    public long highest(String persistenceId) {
        return Waiting.forIt(journal.highestSequenceNr(persistenceId));
    }

    @Override
    public boolean holds(String persistenceId, Carried carried) {
        StoredEvent event = stored(carried);
        List<StoredEvent> found = new ArrayList<>();
        Waiting.forIt(
                journal.replay(persistenceId, event.sequenceNr(), event.sequenceNr(), 1, found::add, Runnable::run));
        return found.size() == 1
                && found.get(0).writerUuid().equals(event.writerUuid())
                && found.get(0).payload().serializerId() == event.payload().serializerId()
                && Arrays.equals(found.get(0).payload().bytes(), event.payload().bytes());
    }

    @Override
    public void write(String persistenceId, List<Carried> carried) {
        List<CompletableFuture<Void>> writes = new ArrayList<>();
        List<StoredEvent> together = new ArrayList<>();
        StoredEvent last = null;
        long bytes = 0;
        long highest = highest(persistenceId);
        for (Carried each : carried) {
            StoredEvent event = stored(each);
            boolean follows = last == null
                    || (event.sequenceNr() == last.sequenceNr() + 1
                            && event.writerUuid().equals(last.writerUuid()));
            bytes += event.payload().bytes().length;
            if (!follows || bytes > journal.requests().partitions().maxBatchBytes() / 2) {
                writes.add(write(together, highest));
                highest = last == null ? highest : last.sequenceNr();
                together = new ArrayList<>();
                bytes = event.payload().bytes().length;
            }
            together.add(event);
            last = event;
        }
        writes.add(write(together, highest));
        try {
            writes.forEach(Waiting::forIt);
        } catch (EventJournal.EventTooLargeException | DoubleWriterException e) {
            throw new NotCarriedException(e.getMessage(), e);
        }
    }

    /** @param highest the sequence number behind which the events come, once those on their way are stored */
    private CompletableFuture<Void> write(List<StoredEvent> events, long highest) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (events.isEmpty()) {
            done.complete(null);
            return done;
        }
        StoredEvent first = events.get(0);
        if (highest > 0 && first.sequenceNr() > highest + 1) {
            journal.rejected(first.persistenceId(), highest + 1, first.writerUuid());
        }
        journal.write(events, failure -> {
            if (failure == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(failure);
            }
        });
        return done;
    }

    private StoredEvent stored(Carried carried) {
        if (carried instanceof Carried.Bytes bytes) {
            return bytes.event();
        }
        Carried.Live live = (Carried.Live) carried;
        PersistentRepr event = live.event();
        try {
            WriteEventAdapter adapter = adapters.get(event.payload().getClass());
            String manifest = adapter.manifest(event.payload());
            Object adapted = adapter.toJournal(event.payload());
            Set<String> tags = new HashSet<>(live.tags());
            if (adapted instanceof Tagged tagged) {
                tags.addAll(CollectionConverters.asJava(tagged.tags()));
                adapted = tagged.payload();
            }
            return serialization.toStored(
                    event.withPayload(new Tagged(adapted, tags)).withManifest(manifest), event.timestamp());
        } catch (RuntimeException e) {
            throw new NotCarriedException("event " + event.sequenceNr() + " cannot be serialized: " + e, e);
        }
    }

    @Override
    public void deleteTo(String persistenceId, long toSequenceNr) {
        Waiting.forIt(journal.deleteTo(persistenceId, toSequenceNr));
    }

    @Override
    public boolean takeOverDeleted(String persistenceId, long highest) {
        Waiting.forIt(journal.takeOverDeleted(persistenceId, highest));
        return true;
    }

    @Override
    public void requireThere() {
        // Whatever is asked of a partition that has ended fails.
    }
}
