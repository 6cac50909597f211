package dev.varve.persistence.snapshot;

import com.typesafe.config.Config;
import dev.varve.log.Commit;
import dev.varve.log.KeyCondition;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionError;
import dev.varve.persistence.snapshot.SnapshotReads.Found;
import dev.varve.persistence.storage.PartitionRequests;
import dev.varve.persistence.storage.Payload;
import dev.varve.persistence.storage.Stages;
import dev.varve.persistence.storage.StorageException;
import dev.varve.persistence.storage.VarveStorage;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import scala.jdk.javaapi.OptionConverters;

/**
 * The snapshots of all persistence ids: saved, loaded and deleted. One for each directory in an actor system. What concerns one
 * persistence id is done in the order in which it comes; what concerns several shares commits. Thread-safe; nothing blocks.
 */
final class Snapshots {
    /** So many persistence ids are remembered while nobody needs them. */
    private static final int KEPT = 10_000;

    /** A persistence id with more snapshots than that is looked up again when some are deleted. */
    private static final int KEPT_ENTRIES = 1_000;

    private static final int ATTEMPTS = 5;

    private final PartitionRequests requests;
    private final Serialization serialization;
    private final Executor executor;
    private final Turns turns = new Turns();
    private final Map<String, Known> known = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
            return size() > KEPT;
        }
    });

    /**
     * What is known of a persistence id; used in its turn only.
     *
     * @param highestNumber of its records
     * @param maxSequenceNr of all its snapshots so far
     * @param catalog which there are, if that has been looked up; knows the above, too
     */
    private record Known(long highestNumber, long maxSequenceNr, Optional<Catalog> catalog) {
        static Known of(Catalog catalog) {
            return new Known(
                    catalog.highestNumber(),
                    catalog.maxSequenceNr(),
                    catalog.size() > KEPT_ENTRIES ? Optional.empty() : Optional.of(catalog));
        }

        Known with(SnapshotRecord record) {
            if (catalog.isPresent()) {
                catalog.get().add(record);
                return of(catalog.get());
            }
            long max = record instanceof SnapshotRecord.Saved saved ? saved.sequenceNr() : 0;
            return new Known(record.number(), Math.max(record.maxSequenceNrBefore(), max), Optional.empty());
        }
    }

    private Snapshots(PartitionRequests requests, ExtendedActorSystem system) {
        this.requests = requests;
        this.serialization = SerializationExtension.get(system);
        this.executor = system.dispatcher();
    }

    /** The snapshots that a section of the configuration describes, {@code varve.snapshot-store} or one like it. */
    static Snapshots of(ClassicActorSystemProvider system, Config section) {
        return VarveStorage.get(system).store(section, "snapshots", Snapshots::new);
    }

    /** Saves a snapshot, durably. */
    CompletionStage<Void> save(SnapshotMetadata metadata, Object snapshot) {
        String persistenceId = metadata.persistenceId();
        return turns.take(
                persistenceId, () -> CompletableFuture.supplyAsync(() -> serialized(metadata, snapshot), executor)
                        .thenCompose(saved -> append(
                                persistenceId,
                                now -> new SnapshotRecord.Saved(
                                        now.highestNumber() + 1,
                                        now.maxSequenceNr(),
                                        saved.sequenceNr(),
                                        saved.timestamp(),
                                        saved.metadata(),
                                        saved.payload()))));
    }

    private SnapshotRecord.Saved serialized(SnapshotMetadata metadata, Object snapshot) {
        SnapshotRecord.Saved saved = new SnapshotRecord.Saved(
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                metadata.sequenceNr(),
                metadata.timestamp(),
                OptionConverters.toJava(metadata.metadata()).map(value -> Payload.of(serialization, value)),
                Payload.of(serialization, snapshot));
        long bytes = Commit.batchBytes(List.of(saved.toRecord(SnapshotRecord.key(metadata.persistenceId()))));
        if (bytes > requests.partitions().maxBatchBytes()) {
            throw new SnapshotTooLargeException(
                    metadata.persistenceId(),
                    metadata.sequenceNr(),
                    bytes,
                    requests.partitions().maxBatchBytes());
        }
        return saved;
    }

    /** Appends the next record of a persistence id; anew if somebody else has appended to it. */
    private CompletionStage<Void> append(String persistenceId, Function<Known, SnapshotRecord> next) {
        return append(persistenceId, next, ATTEMPTS);
    }

    private CompletionStage<Void> append(String persistenceId, Function<Known, SnapshotRecord> next, int attempts) {
        return known(persistenceId)
                .thenCompose(now -> {
                    SnapshotRecord record = next.apply(now);
                    return append(persistenceId, record).thenAccept(done -> known.put(persistenceId, now.with(record)));
                })
                .handle((done, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.<Void>completedFuture(null);
                    }
                    known.remove(persistenceId);
                    return isConflict(failure) && attempts > 1
                            ? append(persistenceId, next, attempts - 1)
                            : CompletableFuture.<Void>failedFuture(failure);
                })
                .thenCompose(stage -> stage);
    }

    private static boolean isConflict(Throwable failure) {
        return Stages.cause(failure) instanceof StorageException storage
                && storage.error() instanceof PartitionError.KeyConflict;
    }

    private CompletionStage<Void> append(String persistenceId, SnapshotRecord record) {
        byte[] key = SnapshotRecord.key(persistenceId);
        List<NewRecord> batch = List.of(record.toRecord(key));
        CompletableFuture<Void> stored = new CompletableFuture<>();
        requests.partitions()
                .append(
                        requests.partitions().partitionOf(persistenceId),
                        batch,
                        new KeyCondition(key, record.number() - 1),
                        reply -> PartitionRequests.errorOf(reply)
                                .ifPresentOrElse(
                                        error -> stored.completeExceptionally(new StorageException(error)),
                                        () -> stored.complete(null)));
        return stored;
    }

    /** What is known of a persistence id, looked up if need be: the newest record tells, if it can be read. */
    private CompletionStage<Known> known(String persistenceId) {
        Known before = known.get(persistenceId);
        if (before != null) {
            return CompletableFuture.completedFuture(before);
        }
        SnapshotReads reads = new SnapshotReads(requests, persistenceId);
        return reads.lookUp().thenCompose(state -> {
            if (state.highestSequence() == 0) {
                return CompletableFuture.completedFuture(Known.of(new Catalog()));
            }
            return reads.read(state.highestSequence(), state.lastOffset(), state.lastOffset())
                    .thenCompose(found -> found instanceof Found.Readable readable
                            ? CompletableFuture.completedFuture(
                                    new Known(0, 0, Optional.empty()).with(readable.record()))
                            : reads.catalog().thenApply(Known::of));
        });
    }

    private boolean isShared() {
        return requests.partitions().isShared();
    }

    private CompletionStage<Catalog> catalog(String persistenceId) {
        Known before = known.get(persistenceId);
        // Another process may have saved snapshots that are not to be taken for needless.
        if (before != null && before.catalog().isPresent() && !isShared()) {
            return CompletableFuture.completedFuture(before.catalog().get());
        }
        return new SnapshotReads(requests, persistenceId).catalog();
    }

    /** Loads the snapshot with the greatest sequence number of those that match. */
    CompletionStage<Optional<SelectedSnapshot>> load(
            String persistenceId, SnapshotSelectionCriteria criteria, RemainingEvents events) {
        SnapshotReads reads = new SnapshotReads(requests, persistenceId);
        return turns.take(
                persistenceId,
                () -> new SnapshotLoad(persistenceId, criteria, reads, events, serialization, executor).run());
    }

    /**
     * Deletes one snapshot, durably.
     *
     * @param timestamp when it was saved; 0 for any time
     */
    CompletionStage<Void> delete(String persistenceId, long sequenceNr, long timestamp) {
        return delete(
                persistenceId,
                entry -> entry.sequenceNr() == sequenceNr && (timestamp == 0 || entry.timestamp() == timestamp));
    }

    /** Deletes all snapshots that match, durably. */
    CompletionStage<Void> delete(String persistenceId, SnapshotSelectionCriteria criteria) {
        return delete(
                persistenceId,
                entry ->
                        criteria.matches(SnapshotMetadata.apply(persistenceId, entry.sequenceNr(), entry.timestamp())));
    }

    private CompletionStage<Void> delete(String persistenceId, Predicate<Catalog.Entry> wanted) {
        return turns.take(persistenceId, () -> catalog(persistenceId)
                .thenCompose(catalog -> delete(persistenceId, catalog, wanted)));
    }

    private CompletionStage<Void> delete(String persistenceId, Catalog catalog, Predicate<Catalog.Entry> wanted) {
        List<Catalog.Entry> gone = catalog.matching(wanted);
        if (gone.isEmpty()) {
            known.put(persistenceId, Known.of(catalog));
            return CompletableFuture.completedFuture(null);
        }
        int partition = requests.partitions().partitionOf(persistenceId);
        byte[] key = SnapshotRecord.key(persistenceId);
        OptionalLong firstNeeded = catalog.firstNeededWithout(gone);
        known.remove(persistenceId);
        if (firstNeeded.isEmpty() && !isShared()) {
            return requests.forget(partition, key);
        }
        List<Long> numbers = gone.stream().map(Catalog.Entry::number).toList();
        if (firstNeeded.isPresent() && numbers.get(numbers.size() - 1) < firstNeeded.getAsLong()) {
            return requests.delete(partition, key, firstNeeded.getAsLong() - 1, catalog.highestNumber())
                    .thenAccept(done -> {
                        catalog.remove(gone);
                        known.put(persistenceId, Known.of(catalog));
                    });
        }
        known.put(persistenceId, Known.of(catalog));
        long now = System.currentTimeMillis();
        return append(
                persistenceId,
                current -> new SnapshotRecord.Deletion(
                        current.highestNumber() + 1, current.maxSequenceNr(), now, numbers));
    }
}
