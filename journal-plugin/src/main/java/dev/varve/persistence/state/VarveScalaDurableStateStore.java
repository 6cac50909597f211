package dev.varve.persistence.state;

import dev.varve.persistence.storage.Stages;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.query.DurableStateChange;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.scaladsl.DurableStateStorePagedPersistenceIdsQuery;
import org.apache.pekko.persistence.query.scaladsl.DurableStateStoreQuery;
import org.apache.pekko.persistence.query.typed.scaladsl.DurableStateStoreBySliceQuery;
import org.apache.pekko.persistence.state.scaladsl.DurableStateUpdateStore;
import org.apache.pekko.persistence.state.scaladsl.GetObjectResult;
import org.apache.pekko.stream.scaladsl.Source;
import scala.Option;
import scala.collection.immutable.Range;
import scala.collection.immutable.Seq;
import scala.concurrent.Future;
import scala.jdk.javaapi.OptionConverters;

/**
 * {@link VarveDurableStateStore} for Scala, and for Pekko itself, which speaks to this one.
 *
 * @param <A> the type of the states
 */
public final class VarveScalaDurableStateStore<A>
        implements DurableStateUpdateStore<A>,
                DurableStateStoreQuery<A>,
                DurableStateStoreBySliceQuery<A>,
                DurableStateStorePagedPersistenceIdsQuery<A> {

    private final VarveDurableStateStore<A> store;
    private final Persistence persistence;

    VarveScalaDurableStateStore(VarveDurableStateStore<A> store, Persistence persistence) {
        this.store = store;
        this.persistence = persistence;
    }

    @Override
    public Future<GetObjectResult<A>> getObject(String persistenceId) {
        return Stages.asScala(store.getObject(persistenceId).thenApply(result -> result.toScala()));
    }

    @Override
    public Future<Done> upsertObject(String persistenceId, long revision, A value, String tag) {
        return Stages.asScala(store.upsertObject(persistenceId, revision, value, tag));
    }

    @Override
    @Deprecated
    public Future<Done> deleteObject(String persistenceId) {
        return Stages.asScala(store.deleteObject(persistenceId));
    }

    @Override
    public Future<Done> deleteObject(String persistenceId, long revision) {
        return Stages.asScala(store.deleteObject(persistenceId, revision));
    }

    @Override
    public Source<DurableStateChange<A>, NotUsed> currentChanges(String tag, Offset offset) {
        return store.currentChanges(tag, offset).asScala();
    }

    @Override
    public Source<DurableStateChange<A>, NotUsed> changes(String tag, Offset offset) {
        return store.changes(tag, offset).asScala();
    }

    @Override
    public Source<DurableStateChange<A>, NotUsed> currentChangesBySlices(
            String entityType, int minSlice, int maxSlice, Offset offset) {
        return store.currentChangesBySlices(entityType, minSlice, maxSlice, offset)
                .asScala();
    }

    @Override
    public Source<DurableStateChange<A>, NotUsed> changesBySlices(
            String entityType, int minSlice, int maxSlice, Offset offset) {
        return store.changesBySlices(entityType, minSlice, maxSlice, offset).asScala();
    }

    @Override
    public int sliceForPersistenceId(String persistenceId) {
        return store.sliceForPersistenceId(persistenceId);
    }

    @Override
    public Seq<Range> sliceRanges(int numberOfRanges) {
        return persistence.sliceRanges(numberOfRanges);
    }

    @Override
    public Source<String, NotUsed> currentPersistenceIds(Option<String> afterId, long limit) {
        return store.currentPersistenceIds(OptionConverters.toJava(afterId), limit)
                .asScala();
    }
}
