package dev.varve.persistence.snapshot;

import com.typesafe.config.Config;
import dev.varve.log.KeyState;
import dev.varve.persistence.journal.EventJournal;
import dev.varve.persistence.journal.StoredEvent;
import dev.varve.persistence.journal.VarveJournal;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.ClassicActorSystemProvider;

/**
 * Whether the events that came after a snapshot are all in the journal still, so that a newer snapshot is not needed. The journal is the
 * one that actors use by default, or that the section of the snapshot store names.
 */
final class RemainingEvents {
    private final ClassicActorSystemProvider system;
    private final String journalPluginId;

    /** @param section of the snapshot store */
    RemainingEvents(ClassicActorSystemProvider system, Config section) {
        String named = section.getString("journal-plugin-id");
        this.system = system;
        this.journalPluginId = named.isEmpty()
                ? system.classicSystem().settings().config().getString("pekko.persistence.journal.plugin")
                : named;
    }

    /**
     * Whether events are there.
     *
     * @param areThere whether all are
     * @param what what is there, or is not, in words
     */
    record Answer(boolean areThere, String what) {}

    /**
     * Looks into the journal.
     *
     * @param after the sequence number of a snapshot, 0 if there is none
     * @param known the greatest sequence number that there must have been, as far as is known
     */
    CompletionStage<Answer> after(String persistenceId, long after, long known) {
        Config root = system.classicSystem().settings().config();
        if (journalPluginId.isEmpty()
                || !root.hasPath(journalPluginId)
                || !root.getConfig(journalPluginId).hasPath("class")
                || !root.getString(journalPluginId + ".class").equals(VarveJournal.class.getName())) {
            return CompletableFuture.completedFuture(new Answer(
                    false,
                    "whether its events are there is not known, because the journal [" + journalPluginId
                            + "] is none of varve's; if its journal is another one, name it in journal-plugin-id"));
        }
        EventJournal journal = EventJournal.of(system, root.getConfig(journalPluginId));
        int partition = journal.requests().partitions().partitionOf(persistenceId);
        return journal.requests()
                .lookUp(partition, StoredEvent.key(persistenceId))
                .thenApply(state -> answer(state, after, known));
    }

    private Answer answer(KeyState state, long after, long known) {
        String journal = "the journal [" + journalPluginId + "]";
        if (state.deletedTo() > after) {
            return new Answer(false, "the events up to " + state.deletedTo() + " are deleted from " + journal);
        }
        if (state.highestSequence() < Math.max(known, Math.max(after, 1))) {
            return new Answer(
                    false,
                    journal
                            + (state.highestSequence() == 0
                                    ? " has no events of it"
                                    : " has events up to " + state.highestSequence() + " only"));
        }
        return new Answer(
                true, "the events from " + (after + 1) + " to " + state.highestSequence() + " are in " + journal);
    }
}
