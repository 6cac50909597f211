package dev.varve.persistence.journal;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.persistence.DeleteSnapshotsFailure;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.SnapshotProtocol;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;

/**
 * Tidies up behind persistent actors that are no more. Deleting all events of an actor, as the actor itself can, leaves its highest sequence
 * number behind for ever, for it might come back; what is here does away with that too. Thread-safe; nothing blocks. Each call may be
 * repeated, and is to be when it fails.
 */
public final class JournalCleanup {
    private static final Duration SNAPSHOTS_TIMEOUT = Duration.ofSeconds(30);

    private final EventJournal journal;
    private final ActorRef snapshotStore;

    private JournalCleanup(EventJournal journal, ActorRef snapshotStore) {
        this.journal = journal;
        this.snapshotStore = snapshotStore;
    }

    /** For {@code varve.journal} and the snapshot store that is the default of the system, if there is one. */
    public static JournalCleanup of(ClassicActorSystemProvider system) {
        String snapshots =
                system.classicSystem().settings().config().getString("pekko.persistence.snapshot-store.plugin");
        return of(system, "varve.journal", snapshots);
    }

    /**
     * @param journalPluginId the section of the journal, one of varve's
     * @param snapshotPluginId the section of the snapshot store that the actors use, anybody's; empty if they use none
     * @throws com.typesafe.config.ConfigException if there is no such section, or a value in it is missing or out of its range
     */
    public static JournalCleanup of(
            ClassicActorSystemProvider system, String journalPluginId, String snapshotPluginId) {
        ActorSystem classic = system.classicSystem();
        EventJournal journal =
                EventJournal.of(system, classic.settings().config().getConfig(journalPluginId));
        ActorRef snapshotStore = snapshotPluginId.isBlank()
                ? null
                : Persistence.get(classic).snapshotStoreFor(snapshotPluginId, ConfigFactory.empty());
        return new JournalCleanup(journal, snapshotStore);
    }

    /**
     * Forgets a persistence id altogether: its snapshots, its events and its highest sequence number, durably. Queries and replays do not
     * find it from then on; the space comes back by compaction. Only for an id that no actor has: one that comes later begins at 1.
     * Another id with the same hash is not touched.
     */
    public CompletionStage<Done> forget(String persistenceId) {
        return deleteSnapshots(persistenceId)
                .thenCompose(done -> journal.forget(persistenceId))
                .thenApply(forgotten -> Done.getInstance());
    }

    /**
     * Deletes the events of a persistence id up to a sequence number, durably; the highest sequence number stays.
     *
     * @param toSequenceNr up to and including this one; what is above the highest is taken for that
     */
    public CompletionStage<Done> deleteEventsTo(String persistenceId, long toSequenceNr) {
        return journal.deleteTo(persistenceId, toSequenceNr).thenApply(deleted -> Done.getInstance());
    }

    private CompletionStage<Done> deleteSnapshots(String persistenceId) {
        if (snapshotStore == null) {
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        return Patterns.ask(
                        snapshotStore,
                        new SnapshotProtocol.DeleteSnapshots(persistenceId, SnapshotSelectionCriteria.latest()),
                        SNAPSHOTS_TIMEOUT)
                .thenCompose(answer -> answer instanceof DeleteSnapshotsFailure failure
                        ? CompletableFuture.failedStage(failure.cause())
                        : CompletableFuture.completedStage(Done.getInstance()));
    }
}
