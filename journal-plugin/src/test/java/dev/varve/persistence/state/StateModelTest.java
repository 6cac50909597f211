package dev.varve.persistence.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.VarvePlugin;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.query.DurableStateChange;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.UpdatedDurableState;
import org.apache.pekko.persistence.state.DurableStateStoreRegistry;
import org.apache.pekko.persistence.state.javadsl.GetObjectResult;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Updates and deletions at random, some of them at wrong revisions, on small segments and with restarts, beside a model that is a map. */
class StateModelTest {
    private static final long SEED = Long.getLong("varve.test.seed", 20_261_125L);
    private static final int STEPS = 1_500;
    private static final int STEPS_OF_A_LIFE = 300;
    private static final int IDS = 20;
    private static final List<String> TAGS = List.of("", "red", "blue");

    @TempDir
    private Path directory;

    private ActorTestKit kit;
    private VarveDurableStateStore<Object> store;
    private final Random random = new Random(SEED);

    private record State(long revision, String tag, Optional<Object> value) {
        static final State NONE = new State(0, "", Optional.empty());
    }

    /** In the order of the last changes. */
    private final Map<String, State> model = new LinkedHashMap<>();

    @SuppressWarnings("unchecked")
    private void start() {
        stop();
        kit = ActorTestKit.create(
                "model",
                ConfigFactory.parseString(
                                "varve.state.log { segment-bytes = 8 KiB, sync = none, compaction.min-dead-share = 0 }")
                        .withFallback(VarvePlugin.in(directory).config())
                        .withFallback(ConfigFactory.load()));
        store = DurableStateStoreRegistry.get(kit.system().classicSystem())
                .getDurableStateStoreFor(VarveDurableStateStore.class, "varve.state");
    }

    @AfterEach
    void stop() {
        if (kit != null) {
            kit.shutdownTestKit();
        }
    }

    @Test
    void state_is_what_was_stored_last_and_changes_are_told_in_their_order() {
        for (int step = 0; step < STEPS; step++) {
            if (step % STEPS_OF_A_LIFE == 0) {
                start();
                compareAll();
            }
            step(step, "type|" + random.nextInt(IDS));
        }
        compareAll();
    }

    private void step(int step, String id) {
        State now = model.getOrDefault(id, State.NONE);
        // Mostly the revision that follows.
        long revision = now.revision() + 1 + (random.nextInt(6) == 0 ? random.nextInt(5) - 2 : 0);
        boolean follows = revision == now.revision() + 1;
        String tag = TAGS.get(random.nextInt(TAGS.size()));
        switch (random.nextInt(8)) {
            case 0 -> {
                if (succeeds(store.deleteObject(id, revision), follows, step)) {
                    put(id, new State(revision, now.tag(), Optional.empty()));
                }
            }
            case 1 -> {
                @SuppressWarnings("deprecation")
                var deletion = store.deleteObject(id);
                assertThat(succeeds(deletion, true, step)).isTrue();
                if (now.value().isPresent()) {
                    put(id, new State(now.revision() + 1, now.tag(), Optional.empty()));
                }
            }
            case 2, 3 ->
                assertThat(await(store.getObject(id)))
                        .as("step %s, seed %s", step, SEED)
                        .isEqualTo(new GetObjectResult<>(now.value(), now.revision()));
            default -> {
                Object value = "state of step " + step + "x".repeat(random.nextInt(300));
                if (succeeds(store.upsertObject(id, revision, value, tag), follows, step)) {
                    put(id, new State(revision, tag, Optional.of(value)));
                }
            }
        }
    }

    private void put(String id, State state) {
        model.remove(id);
        model.put(id, state);
    }

    private boolean succeeds(CompletionStage<Done> change, boolean expected, int step) {
        boolean succeeded = await(change.handle((done, failure) -> failure == null));
        assertThat(succeeded).as("success at step %s, seed %s", step, SEED).isEqualTo(expected);
        return succeeded;
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }

    private record Change(String id, State state) {}

    private void compareAll() {
        for (String tag : TAGS) {
            List<Change> expected = new ArrayList<>();
            model.forEach((id, state) -> {
                if (state.tag().equals(tag)) {
                    expected.add(new Change(id, state));
                }
            });
            assertThat(await(store.currentChanges(tag, Offset.noOffset())
                            .map(change -> change(change, tag))
                            .runWith(Sink.seq(), kit.system())))
                    .as("tag [%s], seed %s", tag, SEED)
                    .isEqualTo(expected);
        }
        assertThat(await(store.currentPersistenceIds(Optional.empty(), Long.MAX_VALUE)
                        .runWith(Sink.seq(), kit.system())))
                .containsExactlyInAnyOrderElementsOf(model.keySet());
        Map<String, GetObjectResult<Object>> stored = new HashMap<>();
        Map<String, GetObjectResult<Object>> expected = new HashMap<>();
        model.forEach((id, state) -> {
            stored.put(id, await(store.getObject(id)));
            expected.put(id, new GetObjectResult<>(state.value(), state.revision()));
        });
        assertThat(stored).as("seed %s", SEED).isEqualTo(expected);
    }

    private static Change change(DurableStateChange<Object> change, String tag) {
        if (change instanceof UpdatedDurableState<Object> updated) {
            return new Change(
                    updated.persistenceId(), new State(updated.revision(), tag, Optional.of(updated.value())));
        }
        var deleted = (org.apache.pekko.persistence.query.DeletedDurableState<Object>) change;
        return new Change(deleted.persistenceId(), new State(deleted.revision(), tag, Optional.empty()));
    }
}
