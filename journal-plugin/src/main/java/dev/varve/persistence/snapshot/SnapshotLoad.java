package dev.varve.persistence.snapshot;

import dev.varve.log.KeyState;
import dev.varve.persistence.snapshot.SnapshotReads.Found;
import dev.varve.persistence.snapshot.SnapshotRecord.Saved;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.serialization.Serialization;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.jdk.javaapi.OptionConverters;

/**
 * Finds the snapshot with the greatest sequence number of those that match: goes back from the newest record until none before can be
 * better, which mostly is at once. If records on the way cannot be read, what is found is only good together with all events after it.
 * For one thread at a time.
 */
final class SnapshotLoad {
    private static final Logger LOGGER = LoggerFactory.getLogger(SnapshotLoad.class);

    private final String persistenceId;
    private final SnapshotSelectionCriteria criteria;
    private final SnapshotReads reads;
    private final RemainingEvents events;
    private final Serialization serialization;
    private final Executor executor;

    /** What could not be read, by number. */
    private final SortedMap<Long, String> unreadable = new TreeMap<>();

    /** The greatest sequence number of what was read. */
    private long knownSequenceNr;

    SnapshotLoad(
            String persistenceId,
            SnapshotSelectionCriteria criteria,
            SnapshotReads reads,
            RemainingEvents events,
            Serialization serialization,
            Executor executor) {
        this.persistenceId = persistenceId;
        this.criteria = criteria;
        this.reads = reads;
        this.events = events;
        this.serialization = serialization;
        this.executor = executor;
    }

    CompletionStage<Optional<SelectedSnapshot>> run() {
        return reads.lookUp().thenCompose(this::load);
    }

    private CompletionStage<Optional<SelectedSnapshot>> load(KeyState state) {
        return new Walk(state)
                .at(state.highestSequence(), state.lastOffset(), state.lastOffset())
                .thenComposeAsync(
                        best -> best.isEmpty() ? settle(null, Optional.empty()) : open(state, best.get()), executor);
    }

    /** From the newest record on backwards. */
    private final class Walk {
        private final KeyState state;
        private final Set<Long> deleted = new HashSet<>();
        private final Set<Long> replaced = new HashSet<>();
        private Saved best;

        Walk(KeyState state) {
            this.state = state;
        }

        CompletionStage<Optional<Saved>> at(long number, long fromOffset, long lastOffset) {
            if (number <= state.deletedTo()) {
                return CompletableFuture.completedFuture(Optional.ofNullable(best));
            }
            if (unreadable.containsKey(number)) {
                return at(number - 1, 0, lastOffset);
            }
            return reads.read(number, fromOffset, lastOffset).thenCompose(found -> {
                if (found instanceof Found.Unreadable problem) {
                    unreadable.put(number, problem.problem());
                    return at(number - 1, 0, lastOffset);
                }
                Found.Readable readable = (Found.Readable) found;
                look(readable.record());
                return best != null && best.sequenceNr() >= readable.record().maxSequenceNrBefore()
                        ? CompletableFuture.completedFuture(Optional.of(best))
                        : at(number - 1, 0, readable.offset() - 1);
            });
        }

        private void look(SnapshotRecord record) {
            knownSequenceNr = Math.max(knownSequenceNr, record.maxSequenceNrBefore());
            if (record instanceof SnapshotRecord.Deletion deletion) {
                deleted.addAll(deletion.numbers());
                return;
            }
            Saved saved = (Saved) record;
            knownSequenceNr = Math.max(knownSequenceNr, saved.sequenceNr());
            boolean isReplaced = !replaced.add(saved.sequenceNr());
            if (!isReplaced
                    && !deleted.contains(saved.number())
                    && criteria.matches(SnapshotMetadata.apply(persistenceId, saved.sequenceNr(), saved.timestamp()))
                    && (best == null || saved.sequenceNr() > best.sequenceNr())) {
                best = saved;
            }
        }
    }

    private CompletionStage<Optional<SelectedSnapshot>> open(KeyState state, Saved saved) {
        try {
            SnapshotMetadata metadata = new SnapshotMetadata(
                    persistenceId,
                    saved.sequenceNr(),
                    saved.timestamp(),
                    OptionConverters.toScala(saved.metadata().map(value -> value.value(serialization))));
            return settle(
                    saved,
                    Optional.of(
                            SelectedSnapshot.create(metadata, saved.payload().value(serialization))));
        } catch (Exception e) {
            unreadable.put(
                    saved.number(),
                    "the one at sequence number " + saved.sequenceNr() + ", serializer "
                            + saved.payload().serializerId() + ", manifest ["
                            + saved.payload().manifest() + "], "
                            + saved.payload().bytes().length
                            + " bytes, could not be deserialized: " + e);
            return load(state);
        }
    }

    /** Gives what was found, if nothing is missing. */
    private CompletionStage<Optional<SelectedSnapshot>> settle(Saved found, Optional<SelectedSnapshot> selected) {
        if (unreadable.isEmpty()) {
            return CompletableFuture.completedFuture(selected);
        }
        long after = found == null ? 0 : found.sequenceNr();
        return events.after(persistenceId, after, Math.min(knownSequenceNr, criteria.maxSequenceNr()))
                .thenApply(answer -> {
                    String what = (unreadable.size() == 1 ? "a snapshot" : unreadable.size() + " snapshots")
                            + " of persistence id [" + persistenceId + "] cannot be read: "
                            + String.join("; ", unreadable.values()) + ". ";
                    String before =
                            found == null ? "There is none before" : "The one before is at sequence number " + after;
                    if (!answer.areThere()) {
                        throw new SnapshotUnreadableException(what + before + ", but " + answer.what()
                                + ". Nothing was changed; restore the file from a copy, or start the system with the serializer"
                                + " that wrote the snapshot");
                    }
                    LOGGER.warn("{}{}, and {}: the state is made from these.", what, before, answer.what());
                    return selected;
                });
    }
}
