package dev.varve.persistence.state;

import dev.varve.log.format.LogRecord;
import dev.varve.partition.PartitionActor.Tail;
import dev.varve.partition.PartitionSource;
import dev.varve.persistence.storage.PartitionRequests;
import dev.varve.persistence.storage.Partitions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.persistence.query.DeletedDurableState;
import org.apache.pekko.persistence.query.DurableStateChange;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.Sequence;
import org.apache.pekko.persistence.query.UpdatedDurableState;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Changes of state as streams, in the order of the log, and the ids of those that have state. A change that a later one of the same
 * persistence id has made void when it would be given is left out. Live streams are pushed what is appended. Thread-safe.
 */
final class StateChanges {
    /** So many are looked up at a time, whether they are void. */
    private static final int PARALLEL = 16;

    private static final int PAGE = 1_000;

    private final DurableStates states;
    private final PartitionRequests requests;

    StateChanges(DurableStates states) {
        this.states = states;
        this.requests = states.requests();
    }

    /** Changes of states with a tag. */
    Source<DurableStateChange<Object>, NotUsed> byTag(String tag, Offset offset, boolean isLive) {
        return changes(
                0, requests.partitions().count() - 1, offset, isLive, record -> StoredState.isTagged(record, tag));
    }

    /** Changes of the states of an entity type whose persistence ids are in a range of slices. */
    Source<DurableStateChange<Object>, NotUsed> bySlices(
            String entityType, int minSlice, int maxSlice, Offset offset, boolean isLive) {
        if (minSlice < 0 || maxSlice >= Partitions.SLICES || minSlice > maxSlice) {
            throw new IllegalArgumentException("slices are from 0 to " + (Partitions.SLICES - 1)
                    + ", the lower one first, not " + minSlice + " to " + maxSlice);
        }
        return changes(
                requests.partitions().partitionOf(minSlice),
                requests.partitions().partitionOf(maxSlice),
                offset,
                isLive,
                record -> {
                    String persistenceId = StoredState.persistenceId(record.key());
                    int slice = Partitions.slice(persistenceId);
                    return slice >= minSlice && slice <= maxSlice && entityType.equals(entityType(persistenceId));
                });
    }

    /** What is before the first {@code |}, as Pekko's typed persistence ids have it. */
    private static String entityType(String persistenceId) {
        return persistenceId.substring(0, Math.max(0, persistenceId.indexOf('|')));
    }

    private Source<DurableStateChange<Object>, NotUsed> changes(
            int firstPartition, int lastPartition, Offset offset, boolean isLive, Predicate<LogRecord> wanted) {
        if (firstPartition != lastPartition) {
            return Source.failed(new UnsupportedOperationException("changes from several partitions, " + firstPartition
                    + " to " + lastPartition + ", cannot be told as one stream yet; ask for slices of one partition"));
        }
        return Source.lazyCompletionStageSource(() -> requests.tail(firstPartition)
                        .thenApply(tail -> changes(firstPartition, offset, tail, isLive, wanted)))
                .mapMaterializedValue(ignored -> NotUsed.getInstance());
    }

    private Source<DurableStateChange<Object>, NotUsed> changes(
            int partition, Offset offset, Tail tail, boolean isLive, Predicate<LogRecord> wanted) {
        long from = from(offset, tail);
        var log = requests.partitions().partition(partition);
        Source<LogRecord, NotUsed> records =
                isLive ? PartitionSource.follow(log, from) : PartitionSource.upToEnd(log, from);
        return records.filter(record -> record.key() != null && wanted.test(record))
                .mapAsync(
                        PARALLEL,
                        record -> unlessVoid(partition, record, isLive ? Long.MAX_VALUE : tail.logEndOffset()))
                .mapConcat(record -> record.map(List::of).orElse(List.of()))
                .map(this::change);
    }

    private static long from(Offset offset, Tail tail) {
        if (offset.equals(Offset.noOffset())) {
            return tail.logStartOffset();
        } else if (offset instanceof Sequence sequence) {
            return sequence.value();
        }
        throw new IllegalArgumentException(
                "the offset " + offset + " is none that varve gives out with changes of state");
    }

    /**
     * The record, unless a later one of its key follows in the stream.
     *
     * @param end where the stream ends; a later record from there on does not follow in it
     */
    private CompletionStage<Optional<LogRecord>> unlessVoid(int partition, LogRecord record, long end) {
        return requests.lookUp(partition, record.key())
                .thenApply(known -> known.lastOffset() == record.offset() || known.lastOffset() >= end
                        ? Optional.of(record)
                        : Optional.empty());
    }

    private DurableStateChange<Object> change(LogRecord record) {
        StoredState state = StoredState.of(record);
        Offset offset = Offset.sequence(record.offset() + 1);
        return state.payload().isEmpty()
                ? new DeletedDurableState<>(state.persistenceId(), state.revision(), offset, state.timestamp())
                : new UpdatedDurableState<>(
                        state.persistenceId(),
                        state.revision(),
                        states.value(state, state.payload().get()),
                        offset,
                        state.timestamp());
    }

    /** Where a page of ids goes on. */
    private record Place(int partition, Optional<byte[]> after) {}

    /**
     * The ids of all that have state, or had some that was deleted.
     *
     * @param afterId an id behind which to go on; empty for the first ones
     * @param limit how many at most, 1 or more
     */
    Source<String, NotUsed> persistenceIds(Optional<String> afterId, long limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit must be 1 or more, not " + limit);
        }
        int first = afterId.map(requests.partitions()::partitionOf).orElse(0);
        int atOnce = (int) Math.min(limit, PAGE);
        return Source.unfoldAsync(new Place(first, afterId.map(StoredState::key)), place -> page(place, atOnce))
                .mapConcat(keys -> keys)
                .map(StoredState::persistenceId)
                .take(limit);
    }

    private CompletionStage<Optional<Pair<Place, List<byte[]>>>> page(Place place, int limit) {
        if (place.partition() == requests.partitions().count()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return requests.keysAfter(place.partition(), place.after(), limit).thenApply(keys -> {
            Place next = keys.size() < limit
                    ? new Place(place.partition() + 1, Optional.empty())
                    : new Place(place.partition(), Optional.of(keys.get(keys.size() - 1)));
            return Optional.of(Pair.create(next, keys));
        });
    }
}
