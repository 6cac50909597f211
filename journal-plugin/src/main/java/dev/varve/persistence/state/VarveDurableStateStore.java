package dev.varve.persistence.state;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.query.DurableStateChange;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.javadsl.DurableStateStorePagedPersistenceIdsQuery;
import org.apache.pekko.persistence.query.javadsl.DurableStateStoreQuery;
import org.apache.pekko.persistence.query.typed.javadsl.DurableStateStoreBySliceQuery;
import org.apache.pekko.persistence.state.javadsl.DurableStateUpdateStore;
import org.apache.pekko.persistence.state.javadsl.GetObjectResult;
import org.apache.pekko.stream.javadsl.Source;

/**
 * The store of durable state {@code varve.state} for Java: get it from
 * {@code DurableStateStoreRegistry.get(system).getDurableStateStoreFor(VarveDurableStateStore.class, "varve.state")}. Thread-safe; nothing
 * blocks.
 *
 * <p>Updates and deletions are acknowledged when they are durable, by the sync policy of the log. The streams of changes give the last
 * change of each persistence id, in the order in which they were stored; earlier ones may be left out. Their offsets are exclusive, as
 * Pekko has it; a live stream never completes, and is pushed what is stored, not asking for it again and again.
 *
 * @param <A> the type of the states
 */
public final class VarveDurableStateStore<A>
        implements DurableStateUpdateStore<A>,
                DurableStateStoreQuery<A>,
                DurableStateStoreBySliceQuery<A>,
                DurableStateStorePagedPersistenceIdsQuery<A> {

    private final DurableStates states;
    private final StateChanges changes;
    private final Persistence persistence;

    VarveDurableStateStore(DurableStates states, Persistence persistence) {
        this.states = states;
        this.changes = new StateChanges(states);
        this.persistence = persistence;
    }

    /**
     * {@inheritDoc}
     *
     * <p>Fails with {@link StateUnreadableException} if it is damaged or cannot be deserialized.
     */
    @Override
    @SuppressWarnings("unchecked")
    public CompletionStage<GetObjectResult<A>> getObject(String persistenceId) {
        return states.get(persistenceId).thenApply(result -> (GetObjectResult<A>) result);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Fails with {@link RevisionConflictException} if the stored revision is not the one before, {@link StateTooLargeException}, or what
     * the serializer throws; then nothing is stored. Any other failure leaves open whether it is.
     */
    @Override
    public CompletionStage<Done> upsertObject(String persistenceId, long revision, A value, String tag) {
        return states.upsert(persistenceId, revision, value, tag);
    }

    /** Deletes the state of whatever revision; the revision goes up by one. Nothing happens if there is no state. */
    @Override
    @Deprecated
    public CompletionStage<Done> deleteObject(String persistenceId) {
        return states.delete(persistenceId);
    }

    /**
     * {@inheritDoc}
     *
     * <p>The revision is that of the deletion, so the stored one is the one before; else it fails with
     * {@link org.apache.pekko.persistence.state.exception.DeleteRevisionException} and nothing is deleted.
     */
    @Override
    public CompletionStage<Done> deleteObject(String persistenceId, long revision) {
        return states.delete(persistenceId, revision);
    }

    @Override
    public Source<DurableStateChange<A>, NotUsed> currentChanges(String tag, Offset offset) {
        return typed(changes.byTag(tag, offset, false));
    }

    @Override
    public Source<DurableStateChange<A>, NotUsed> changes(String tag, Offset offset) {
        return typed(changes.byTag(tag, offset, true));
    }

    @Override
    public Source<DurableStateChange<A>, NotUsed> currentChangesBySlices(
            String entityType, int minSlice, int maxSlice, Offset offset) {
        return typed(changes.bySlices(entityType, minSlice, maxSlice, offset, false));
    }

    @Override
    public Source<DurableStateChange<A>, NotUsed> changesBySlices(
            String entityType, int minSlice, int maxSlice, Offset offset) {
        return typed(changes.bySlices(entityType, minSlice, maxSlice, offset, true));
    }

    @SuppressWarnings("unchecked")
    private static <A> Source<DurableStateChange<A>, NotUsed> typed(
            Source<DurableStateChange<Object>, NotUsed> source) {
        return source.map(change -> (DurableStateChange<A>) (DurableStateChange<?>) change);
    }

    @Override
    public int sliceForPersistenceId(String persistenceId) {
        return persistence.sliceForPersistenceId(persistenceId);
    }

    @Override
    public List<Pair<Integer, Integer>> sliceRanges(int numberOfRanges) {
        return persistence.getSliceRanges(numberOfRanges);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Ids whose state was deleted are among them, for their revisions are kept. The order has no meaning but never changes.
     */
    @Override
    public Source<String, NotUsed> currentPersistenceIds(Optional<String> afterId, long limit) {
        return changes.persistenceIds(afterId, limit);
    }
}
