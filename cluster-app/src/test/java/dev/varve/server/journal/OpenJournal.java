package dev.varve.server.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.journal.EventJournal;
import dev.varve.persistence.journal.StoredEvent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByTagQuery;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;

/** A journal that a test fills and looks into, in an actor system of its own. */
public final class OpenJournal implements AutoCloseable {
    private static final int AT_ONCE = 200;

    private final ActorSystem system;
    private final String pluginId;
    private final JournalClient client;

    private OpenJournal(ActorSystem system, String pluginId) {
        this.system = system;
        this.pluginId = pluginId;
        this.client = new JournalClient(system, pluginId);
    }

    public static OpenJournal open(Path config, String pluginId) {
        Config loaded = ConfigFactory.load(
                ConfigFactory.parseString("pekko { loglevel = WARNING, daemonic = on, persistence.journal.plugin = %s }"
                                .formatted(pluginId))
                        .withFallback(ConfigFactory.parseFile(config.toFile())));
        return new OpenJournal(ActorSystem.create("test", loaded), pluginId);
    }

    /** Events "ID/N" with consecutive numbers. */
    public void write(String id, String writer, long first, int count, String... tags) {
        List<PersistentRepr> events = new ArrayList<>();
        for (long number = first; number < first + count; number++) {
            Object payload = id + "/" + number;
            Object tagged = tags.length == 0
                    ? payload
                    : new Tagged(
                            payload, CollectionConverters.asScala(Set.of(tags)).<String>toSet());
            events.add(PersistentRepr.apply(tagged, number, id, "", false, ActorRef.noSender(), writer));
            if (events.size() == AT_ONCE || number == first + count - 1) {
                client.write(events);
                events = new ArrayList<>();
            }
        }
    }

    public void delete(String id, long to) {
        client.deleteTo(id, to);
    }

    public void forget(String id) {
        varve().forget(id).toCompletableFuture().join();
    }

    /** Number, payload and writer of each event. */
    public List<String> events(String id) {
        return client.replay(id, 1, Long.MAX_VALUE, Long.MAX_VALUE).events().stream()
                .map(event -> event.sequenceNr() + " " + event.payload() + " " + event.writerUuid())
                .toList();
    }

    public List<Long> timestamps(String id) {
        return client.replay(id, 1, Long.MAX_VALUE, Long.MAX_VALUE).events().stream()
                .map(PersistentRepr::timestamp)
                .toList();
    }

    public long highest(String id) {
        return client.highest(id);
    }

    /** Persistence id and number of the events with a tag, in the order of the read journal. */
    public List<String> tagged(String queryId, String tag) {
        return PersistenceQuery.get(system)
                .getReadJournalFor(CurrentEventsByTagQuery.class, queryId)
                .currentEventsByTag(tag, Offset.noOffset())
                .map(event -> event.persistenceId() + " " + event.sequenceNr())
                .runWith(org.apache.pekko.stream.javadsl.Sink.seq(), system)
                .toCompletableFuture()
                .join();
    }

    /** Stores an event of varve's as it is, whatever is in it. */
    public void store(StoredEvent event) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        varve().write(List.of(event), failure -> {
            if (failure == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(failure);
            }
        });
        done.join();
    }

    public List<StoredEvent> stored(String id) {
        List<StoredEvent> events = new ArrayList<>();
        varve().replay(id, 1, Long.MAX_VALUE, Long.MAX_VALUE, events::add, Runnable::run)
                .toCompletableFuture()
                .join();
        return events;
    }

    private EventJournal varve() {
        return EventJournal.of(system, system.settings().config().getConfig(pluginId));
    }

    @Override
    public void close() {
        system.terminate();
        FutureConverters.asJava(system.whenTerminated()).toCompletableFuture().join();
    }
}
