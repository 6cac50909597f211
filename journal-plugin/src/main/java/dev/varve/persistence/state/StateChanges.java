package dev.varve.persistence.state;

import dev.varve.log.format.LogRecord;
import dev.varve.partition.PartitionActor.Tail;
import dev.varve.partition.PartitionSource;
import dev.varve.persistence.query.Positions;
import dev.varve.persistence.query.SliceFilter;
import dev.varve.persistence.storage.PartitionRequests;
import dev.varve.persistence.storage.PersistenceIdPages;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.persistence.query.DeletedDurableState;
import org.apache.pekko.persistence.query.DurableStateChange;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.UpdatedDurableState;
import org.apache.pekko.stream.javadsl.Merge;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Changes of state as streams, and the ids of those that have state. Within a partition changes have the order of the log; several are
 * read one after the other, or, live, merged as they come. A change that a later one of the same persistence id has made void when it would be given is left out. Live streams are pushed what is appended. Thread-safe.
 */
final class StateChanges {
    /** So many are looked up at a time, whether they are void. */
    private static final int PARALLEL = 16;

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
        SliceFilter slices = SliceFilter.of(entityType, minSlice, maxSlice);
        return changes(
                requests.partitions().partitionOf(minSlice),
                requests.partitions().partitionOf(maxSlice),
                offset,
                isLive,
                record -> slices.includes(record.key()));
    }

    private Source<DurableStateChange<Object>, NotUsed> changes(
            int first, int last, Offset offset, boolean isLive, Predicate<LogRecord> wanted) {
        Positions start = Positions.behind(offset, first, last - first + 1, requests.partitions());
        List<Source<Placed, NotUsed>> sources = IntStream.rangeClosed(first, last)
                .mapToObj(partition -> changes(partition, start.next(partition), isLive, wanted))
                .toList();
        return (isLive ? merged(sources) : oneByOne(sources)).statefulMapConcat(() -> {
            Positions positions = start.copy();
            return placed -> {
                positions.passed(placed.partition(), placed.record().offset());
                return List.of(change(placed.record(), positions.offset()));
            };
        });
    }

    private static Source<Placed, NotUsed> oneByOne(List<Source<Placed, NotUsed>> sources) {
        return sources.stream().reduce(Source::concatLazy).orElseThrow();
    }

    private static Source<Placed, NotUsed> merged(List<Source<Placed, NotUsed>> sources) {
        return sources.size() == 1
                ? sources.get(0)
                : Source.combine(sources, Merge::<Placed>create).mapMaterializedValue(all -> NotUsed.getInstance());
    }

    /** A record and where it is. */
    private record Placed(int partition, LogRecord record) {}

    private Source<Placed, NotUsed> changes(int partition, long next, boolean isLive, Predicate<LogRecord> wanted) {
        return Source.lazyCompletionStageSource(() ->
                        requests.tail(partition).thenApply(tail -> changes(partition, next, tail, isLive, wanted)))
                .mapMaterializedValue(ready -> NotUsed.getInstance());
    }

    private Source<Placed, NotUsed> changes(
            int partition, long next, Tail tail, boolean isLive, Predicate<LogRecord> wanted) {
        // Who begins at the beginning begins where there is something.
        long from = next == 0 ? tail.logStartOffset() : next;
        long end = isLive ? Long.MAX_VALUE : tail.logEndOffset();
        var log = requests.partitions().partition(partition);
        AtomicBoolean hasEnded = new AtomicBoolean();
        return (isLive ? PartitionSource.follow(log, from) : PartitionSource.upToEnd(log, from))
                .filter(record -> isState(record) && wanted.test(record))
                .mapAsync(PARALLEL, record -> isVoid(partition, record, end, () -> !hasEnded.get())
                        .thenApply(isVoid -> isVoid ? List.<Placed>of() : List.of(new Placed(partition, record))))
                .<Placed>mapConcat(placed -> placed)
                .watchTermination((nothing, termination) -> {
                    termination.whenComplete((done, failure) -> hasEnded.set(true));
                    return nothing;
                });
    }

    /** What has no persistence id is none, and nobody knows who put it there. */
    private static boolean isState(LogRecord record) {
        return record.key() != null || StoredState.of(record) != null;
    }

    /**
     * Whether a later record of the key follows in the stream.
     *
     * @param end where the stream ends; a later record from there on does not follow in it
     * @param isWanted whether the stream still wants to know
     */
    private CompletionStage<Boolean> isVoid(int partition, LogRecord record, long end, BooleanSupplier isWanted) {
        return requests.lookUp(partition, record.key(), isWanted)
                .thenApply(known -> known.lastOffset() > record.offset() && known.lastOffset() < end);
    }

    private DurableStateChange<Object> change(LogRecord record, Offset offset) {
        StoredState state = StoredState.of(record);
        return state.payload().isEmpty()
                ? new DeletedDurableState<>(state.persistenceId(), state.revision(), offset, state.timestamp())
                : new UpdatedDurableState<>(
                        state.persistenceId(),
                        state.revision(),
                        states.value(state, state.payload().get()),
                        offset,
                        state.timestamp());
    }

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
        return PersistenceIdPages.after(requests, afterId, limit);
    }
}
