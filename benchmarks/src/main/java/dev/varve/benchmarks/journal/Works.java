package dev.varve.benchmarks.journal;

import dev.varve.benchmarks.Latencies;
import dev.varve.benchmarks.journal.Work.Outcome;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByTagQuery;
import org.apache.pekko.persistence.query.javadsl.ReadJournal;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** What journals are measured by, while they are open. Events have {@link Persister#EVENT_BYTES} bytes. */
final class Works {
    private static final String EVENTS = "events/s";
    private static final String ACTORS = "actors/s";
    private static final int STORED = 100_000;

    private Works() {}

    static List<Work> all() {
        return List.of(
                persist("persist-1", "1 actor, one persist at a time", 1, 1_000, 1, 1.3),
                persist("persist-100", "100 actors, one persist outstanding each", 100, 50, 1, 15)
                        .withP99Under(4),
                persist("persist-all", "1,000 actors, `persistAll` of 10", 1_000, 5, 10, 6),
                recover("recover-1", "recover one actor of 100,000 events, warm", EVENTS, 1, STORED, 2),
                recover(
                        "recover-1000",
                        "recover 1,000 actors of 100 events, interleaved",
                        ACTORS,
                        1_000,
                        STORED / 1_000,
                        1.25),
                delete(),
                currentEvents("by-tag", "`currentEventsByTag` over 100,000", 100, 1.6, Works::byTag),
                currentEvents("by-id", "`currentEventsByPersistenceId` over 100,000", 1, 2, Works::byPersistenceId));
    }

    private static Work persist(String name, String words, int actors, int leastWrites, int events, double least) {
        return Work.of(name, words, EVENTS, least, (journal, round) -> {
            List<ActorRef<Persister.Command>> all = journal.start(name + "-" + round, actors, false);
            int writes = journal.writesForASlice(leastWrites);
            long start = System.nanoTime();
            Latencies latencies = journal.write(all, writes, events);
            long nanos = System.nanoTime() - start;
            journal.took(writes, nanos);
            journal.stop(all);
            return new Outcome((double) actors * writes * events, nanos, latencies);
        });
    }

    private static void fill(JournalUnderTest journal, String prefix, int actors, int eventsEach, boolean tagged)
            throws InterruptedException {
        List<ActorRef<Persister.Command>> all = journal.start(prefix, actors, tagged);
        journal.write(all, eventsEach / 10, 10);
        journal.stop(all);
    }

    private static Work recover(String name, String words, String unit, int actors, int eventsEach, double least) {
        return Work.of(name, words, unit, least, (journal, round) -> {
                    long start = System.nanoTime();
                    List<ActorRef<Persister.Command>> all = journal.start(name, actors, false);
                    long nanos = System.nanoTime() - start;
                    journal.stop(all);
                    return new Outcome(unit.equals(ACTORS) ? actors : eventsEach, nanos, Latencies.NONE);
                })
                .withPreparation(journal -> fill(journal, name, actors, eventsEach, false));
    }

    private static Work delete() {
        int actors = 1_000;
        return Work.of("delete", "delete to 50 of 100 events, 1,000 actors", ACTORS, 4, (journal, round) -> {
            String prefix = "delete-" + round;
            fill(journal, prefix, actors, 100, false);
            long start = System.nanoTime();
            journal.delete(prefix, actors, 50);
            return new Outcome(actors, System.nanoTime() - start, Latencies.NONE);
        });
    }

    /** A query for what is stored. */
    private interface Query {
        Source<EventEnvelope, NotUsed> of(ReadJournal journal, String name);
    }

    private static Work currentEvents(String name, String words, int actors, double least, Query query) {
        return Work.of(name, words, EVENTS, least, (journal, round) -> {
                    ReadJournal reads = PersistenceQuery.get(journal.system())
                            .getReadJournalFor(
                                    ReadJournal.class,
                                    journal.peer().queryPluginId().orElseThrow());
                    long start = System.nanoTime();
                    int count = query.of(reads, name)
                            .runWith(Sink.fold(0, (sum, event) -> sum + 1), journal.system())
                            .toCompletableFuture()
                            .get(5, TimeUnit.MINUTES);
                    if (count != STORED) {
                        throw new IllegalStateException(count + " events were found");
                    }
                    return new Outcome(count, System.nanoTime() - start, Latencies.NONE);
                })
                .withPreparation(journal -> fill(journal, name, actors, STORED / actors, true))
                .ofQueries();
    }

    private static Source<EventEnvelope, NotUsed> byTag(ReadJournal journal, String name) {
        return ((CurrentEventsByTagQuery) journal).currentEventsByTag(Persister.TAG, Offset.noOffset());
    }

    private static Source<EventEnvelope, NotUsed> byPersistenceId(ReadJournal journal, String name) {
        return ((CurrentEventsByPersistenceIdQuery) journal)
                .currentEventsByPersistenceId(name + "-0", 0, Long.MAX_VALUE);
    }
}
