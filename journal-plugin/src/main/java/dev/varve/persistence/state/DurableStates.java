package dev.varve.persistence.state;

import com.typesafe.config.Config;
import dev.varve.log.Commit;
import dev.varve.log.KeyCondition;
import dev.varve.log.KeyState;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionError;
import dev.varve.persistence.storage.PartitionRequests;
import dev.varve.persistence.storage.Payload;
import dev.varve.persistence.storage.Stages;
import dev.varve.persistence.storage.StorageException;
import dev.varve.persistence.storage.VarveStorage;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.persistence.state.exception.DeleteRevisionException;
import org.apache.pekko.persistence.state.javadsl.GetObjectResult;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The states of all entities: stored, read and deleted. One for each directory in an actor system. An update is stored only if its
 * revision follows the one that is stored, which the partition checks; a deletion is an update to nothing. Thread-safe; nothing blocks.
 */
final class DurableStates {
    private static final Logger LOGGER = LoggerFactory.getLogger(DurableStates.class);

    private final PartitionRequests requests;
    private final ExtendedActorSystem system;
    private final Serialization serialization;

    private DurableStates(PartitionRequests requests, ExtendedActorSystem system) {
        this.requests = requests;
        this.system = system;
        this.serialization = SerializationExtension.get(system);
    }

    /** The states that a section of the configuration describes, {@code varve.state} or one like it; opened if nobody has yet. */
    static DurableStates of(ClassicActorSystemProvider system, Config section) {
        return VarveStorage.get(system).store(section, "states", DurableStates::new);
    }

    PartitionRequests requests() {
        return requests;
    }

    private int partition(String persistenceId) {
        return requests.partitions().partitionOf(persistenceId);
    }

    /** The state of an entity and its revision; a deleted one is empty and has a revision, one that never was has revision 0. */
    CompletionStage<GetObjectResult<Object>> get(String persistenceId) {
        return newest(persistenceId)
                .thenApplyAsync(
                        newest -> newest.map(state -> new GetObjectResult<>(
                                        state.payload().map(payload -> value(state, payload)), state.revision()))
                                .orElseGet(() -> new GetObjectResult<>(Optional.empty(), 0)),
                        system.dispatcher());
    }

    /** What a payload of a state says. */
    Object value(StoredState state, Payload payload) {
        try {
            return payload.value(serialization);
        } catch (Exception e) {
            throw new StateUnreadableException(
                    state.persistenceId(),
                    state.revision(),
                    "serializer " + payload.serializerId() + ", manifest [" + payload.manifest() + "], "
                            + payload.bytes().length + " bytes, could not be deserialized: " + e
                            + "; start the system with the serializer that wrote it",
                    e);
        }
    }

    private CompletionStage<Optional<StoredState>> newest(String persistenceId) {
        return lookUp(persistenceId).thenCompose(state -> read(persistenceId, state));
    }

    private CompletionStage<KeyState> lookUp(String persistenceId) {
        return requests.lookUp(partition(persistenceId), StoredState.key(persistenceId));
    }

    private CompletionStage<Optional<StoredState>> read(String persistenceId, KeyState known) {
        long revision = known.highestSequence();
        if (revision == 0) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        var read = requests.readKey(
                partition(persistenceId), StoredState.key(persistenceId), revision, Math.max(0, known.lastOffset()), 0);
        return Stages.mapFailure(
                        read, failure -> isDamage(failure) ? unreadable(persistenceId, revision, failure) : failure)
                .thenApply(answer -> {
                    if (answer.records().isEmpty()) {
                        throw new StateUnreadableException(
                                persistenceId, revision, "the log has no record of it any more", null);
                    }
                    return Optional.of(parse(answer.records().get(0)));
                });
    }

    private static boolean isDamage(Throwable failure) {
        return failure instanceof StorageException storage && storage.error() instanceof PartitionError.Corrupt;
    }

    private static StateUnreadableException unreadable(String persistenceId, long revision, Throwable cause) {
        return new StateUnreadableException(persistenceId, revision, cause.getMessage(), cause);
    }

    private static StoredState parse(LogRecord record) {
        try {
            return StoredState.of(record);
        } catch (StoredState.MalformedStateException e) {
            throw unreadable(StoredState.persistenceId(record.key()), record.keySequence(), e);
        }
    }

    /** Stores state, durably, if its revision follows the stored one. */
    CompletionStage<Done> upsert(String persistenceId, long revision, Object value, String tag) {
        try {
            Payload payload = Payload.of(serialization, value);
            return Stages.mapFailure(
                    store(persistenceId, revision, tag, Optional.of(payload)),
                    failure -> failure instanceof Conflict conflict
                            ? new RevisionConflictException(persistenceId, revision, conflict.stored)
                            : failure);
        } catch (Exception e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Deletes state, durably, if the revision follows the stored one. */
    CompletionStage<Done> delete(String persistenceId, long revision) {
        return Stages.mapFailure(
                lookUp(persistenceId).thenCompose(known -> {
                    if (known.highestSequence() != revision - 1) {
                        throw new Conflict(known.highestSequence());
                    }
                    return tagToDelete(persistenceId, known)
                            .thenCompose(tag -> store(persistenceId, revision, tag, Optional.empty()));
                }),
                failure -> failure instanceof Conflict conflict
                        ? new DeleteRevisionException(
                                RevisionConflictException.message(persistenceId, revision, conflict.stored, "deleted"))
                        : failure);
    }

    /** Deletes state, durably, whatever its revision. */
    CompletionStage<Done> delete(String persistenceId) {
        return newest(persistenceId).thenCompose(newest -> {
            if (newest.isEmpty() || newest.get().payload().isEmpty()) {
                return CompletableFuture.completedFuture(Done.getInstance());
            }
            // Somebody else may store another revision meanwhile, which is to be deleted then.
            return Stages.recover(
                    delete(persistenceId, newest.get().revision() + 1),
                    failure -> failure instanceof DeleteRevisionException
                            ? delete(persistenceId)
                            : CompletableFuture.failedFuture(failure));
        });
    }

    /** Those who follow the tag of a state are to hear of its end. */
    private CompletionStage<String> tagToDelete(String persistenceId, KeyState known) {
        CompletionStage<String> tag = read(persistenceId, known)
                .thenApply(before -> before.map(StoredState::tag).orElse(""));
        return Stages.recover(tag, failure -> {
            if (failure instanceof StateUnreadableException) {
                LOGGER.warn(
                        "Who follows changes by tag will not hear that state is deleted, because its tag is not known: {}",
                        failure.getMessage());
                return CompletableFuture.completedFuture("");
            }
            return CompletableFuture.failedFuture(failure);
        });
    }

    /** The stored revision is another one than was thought. */
    private static final class Conflict extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final long stored;

        Conflict(long stored) {
            this.stored = stored;
        }
    }

    private CompletionStage<Done> store(String persistenceId, long revision, String tag, Optional<Payload> payload) {
        if (revision < 1) {
            throw new IllegalArgumentException(
                    "a revision must be 1 or more, not " + revision + " as for persistence id [" + persistenceId + "]");
        }
        StoredState state = new StoredState(persistenceId, revision, System.currentTimeMillis(), tag, payload);
        byte[] key = StoredState.key(state.persistenceId());
        List<NewRecord> batch = List.of(state.toRecord(key));
        long bytes = Commit.batchBytes(batch);
        if (bytes > requests.partitions().maxBatchBytes()) {
            throw new StateTooLargeException(
                    state.persistenceId(),
                    state.revision(),
                    bytes,
                    requests.partitions().maxBatchBytes());
        }
        CompletableFuture<Done> stored = new CompletableFuture<>();
        requests.partitions()
                .append(
                        partition(state.persistenceId()),
                        batch,
                        new KeyCondition(key, state.revision() - 1),
                        reply -> PartitionRequests.errorOf(reply)
                                .ifPresentOrElse(
                                        error -> stored.completeExceptionally(failure(error)),
                                        () -> stored.complete(Done.getInstance())));
        return stored;
    }

    private static RuntimeException failure(PartitionError error) {
        return error instanceof PartitionError.KeyConflict conflict
                ? new Conflict(conflict.highestSequence())
                : new StorageException(error);
    }
}
