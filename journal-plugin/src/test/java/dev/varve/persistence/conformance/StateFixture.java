package dev.varve.persistence.conformance;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.persistence.state.DurableStateStoreRegistry;
import org.apache.pekko.persistence.state.javadsl.DurableStateUpdateStore;
import org.apache.pekko.persistence.state.javadsl.GetObjectResult;

/** What a case for a store of durable state has at hand. */
public interface StateFixture extends Fixture {

    /** The store, which must have the queries that the case needs. */
    default <S> S store(Class<S> type) {
        return type.cast(DurableStateStoreRegistry.get(kit().system().classicSystem())
                .getDurableStateStoreFor(DurableStateUpdateStore.class, ""));
    }

    /** The store. */
    @SuppressWarnings("unchecked")
    default DurableStateUpdateStore<Object> states() {
        return store(DurableStateUpdateStore.class);
    }

    /** Stores state, which must succeed. */
    default void upsert(String persistenceId, long revision, Object value, String tag) {
        await(states().upsertObject(persistenceId, revision, value, tag));
    }

    /** Deletes state, which must succeed. */
    default void delete(String persistenceId, long revision) {
        await(states().deleteObject(persistenceId, revision));
    }

    /** The state. */
    default GetObjectResult<Object> get(String persistenceId) {
        return await(states().getObject(persistenceId));
    }

    /** Waits; a failure is thrown as a {@link CompletionException}. */
    default <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new CompletionException(e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("no answer from the plugin for 20 s", e);
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted while waiting for the plugin", e);
        }
    }
}
