package dev.varve.persistence.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.DamagedFile;
import dev.varve.persistence.LoggedWarnings;
import dev.varve.persistence.VarvePlugin;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.query.DeletedDurableState;
import org.apache.pekko.persistence.query.DurableStateChange;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.UpdatedDurableState;
import org.apache.pekko.persistence.state.DurableStateStoreRegistry;
import org.apache.pekko.persistence.state.exception.DeleteRevisionException;
import org.apache.pekko.persistence.state.javadsl.GetObjectResult;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What varve promises of durable state beyond what every store owes. */
class StateStoreTest {
    @TempDir
    private Path directory;

    private ActorTestKit kit;
    private VarveDurableStateStore<Object> store;

    @BeforeEach
    @SuppressWarnings("unchecked")
    void start() {
        kit = ActorTestKit.create(
                "state",
                ConfigFactory.parseString("varve.state.max-batch-bytes = 64 KiB")
                        .withFallback(VarvePlugin.in(directory).config())
                        .withFallback(ConfigFactory.load()));
        store = DurableStateStoreRegistry.get(kit.system().classicSystem())
                .getDurableStateStoreFor(VarveDurableStateStore.class, "varve.state");
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private void damage(String text) throws Exception {
        stop();
        DamagedFile.flip(directory.resolve("states/0000/00000000000000000000.log"), text);
        start();
    }

    private static <T> T await(CompletionStage<T> stage) throws Exception {
        try {
            return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw (Exception) e.getCause();
        }
    }

    private List<String> changes(Source<DurableStateChange<Object>, ?> source) throws Exception {
        return await(source.map(StateStoreTest::text).runWith(Sink.seq(), kit.system()));
    }

    private static String text(DurableStateChange<Object> change) {
        if (change instanceof UpdatedDurableState<Object> updated) {
            return updated.persistenceId() + " " + updated.revision() + " " + updated.value();
        }
        DeletedDurableState<Object> deleted = (DeletedDurableState<Object>) change;
        return deleted.persistenceId() + " " + deleted.revision() + " deleted";
    }

    @Test
    void an_update_that_does_not_follow_says_what_was_expected_and_found() throws Exception {
        await(store.upsertObject("a", 1, "one", ""));
        await(store.upsertObject("a", 2, "two", ""));
        assertThatThrownBy(() -> await(store.upsertObject("a", 2, "again", "")))
                .isInstanceOfSatisfying(RevisionConflictException.class, e -> {
                    assertThat(e.persistenceId()).isEqualTo("a");
                    assertThat(e.revision()).isEqualTo(2);
                    assertThat(e.storedRevision()).isEqualTo(2);
                })
                .hasMessageContainingAll("[a]", "revision 2", "1 would be the stored one, but that is 2");
        assertThatThrownBy(() -> await(store.deleteObject("a", 2)))
                .isInstanceOf(DeleteRevisionException.class)
                .hasMessageContainingAll("[a]", "revision 2", "1 would be the stored one, but that is 2");
        assertThatThrownBy(() -> await(store.upsertObject("a", 0, "zero", "")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void state_over_the_limit_fails_and_leaves_what_was_stored() throws Exception {
        await(store.upsertObject("a", 1, "one", ""));
        assertThatThrownBy(() -> await(store.upsertObject("a", 2, new byte[64 << 10], "")))
                .isInstanceOf(StateTooLargeException.class)
                .hasMessageContainingAll("[a]", "revision 2", "varve.max-batch-bytes", "65536");
        assertThat(await(store.getObject("a"))).isEqualTo(new GetObjectResult<>(Optional.of("one"), 1));
    }

    @Test
    void the_revision_goes_on_behind_a_deletion() throws Exception {
        await(store.upsertObject("a", 1, "one", ""));
        await(store.deleteObject("a", 2));
        assertThat(await(store.getObject("a"))).isEqualTo(new GetObjectResult<>(Optional.empty(), 2));
        stop();
        start();
        assertThat(await(store.getObject("a"))).isEqualTo(new GetObjectResult<>(Optional.empty(), 2));
        assertThatThrownBy(() -> await(store.upsertObject("a", 1, "anew", "")))
                .isInstanceOf(RevisionConflictException.class);
        await(store.upsertObject("a", 3, "three", ""));
    }

    @Test
    void what_was_never_stored_may_be_deleted() throws Exception {
        await(store.deleteObject("a", 1));
        assertThat(await(store.getObject("a"))).isEqualTo(new GetObjectResult<>(Optional.empty(), 1));
    }

    @Test
    @SuppressWarnings("deprecation")
    void a_deletion_without_a_revision_counts_as_one_and_happens_once() throws Exception {
        await(store.deleteObject("a"));
        assertThat(await(store.getObject("a")).revision()).isZero();
        await(store.upsertObject("a", 1, "one", ""));
        await(store.deleteObject("a"));
        await(store.deleteObject("a"));
        assertThat(await(store.getObject("a"))).isEqualTo(new GetObjectResult<>(Optional.empty(), 2));
    }

    @Test
    void damaged_state_is_never_taken_for_none_but_can_be_replaced() throws Exception {
        await(store.upsertObject("a", 1, "the first state", ""));
        await(store.upsertObject("a", 2, "the damaged state", ""));
        await(store.upsertObject("b", 1, "another state", ""));
        damage("the damaged state");
        assertThatThrownBy(() -> await(store.getObject("a")))
                .isInstanceOf(StateUnreadableException.class)
                .hasMessageContainingAll("[a]", "revision 2", "00000000000000000000.log");
        assertThat(await(store.getObject("b")).value()).contains("another state");
        await(store.upsertObject("a", 3, "the new state", ""));
        assertThat(await(store.getObject("a"))).isEqualTo(new GetObjectResult<>(Optional.of("the new state"), 3));
    }

    @Test
    void damaged_state_can_be_deleted() throws Exception {
        await(store.upsertObject("a", 1, "the damaged state", "tag"));
        damage("the damaged state");
        try (LoggedWarnings warnings = new LoggedWarnings(DurableStates.class)) {
            await(store.deleteObject("a", 2));
            assertThat(warnings.messages()).singleElement().satisfies(message -> assertThat(message)
                    .contains("[a]", "tag is not known"));
        }
        assertThat(await(store.getObject("a"))).isEqualTo(new GetObjectResult<>(Optional.empty(), 2));
    }

    @Test
    void changes_that_are_void_are_left_out_also_when_the_later_one_has_another_tag() throws Exception {
        await(store.upsertObject("a|1", 1, "one", "red"));
        await(store.upsertObject("a|2", 1, "one", "red"));
        await(store.upsertObject("a|1", 2, "two", "blue"));
        await(store.upsertObject("a|3", 1, "one", ""));
        await(store.upsertObject("a|2", 2, "two", "red"));
        assertThat(changes(store.currentChanges("red", Offset.noOffset()))).containsExactly("a|2 2 two");
        assertThat(changes(store.currentChanges("blue", Offset.noOffset()))).containsExactly("a|1 2 two");
        assertThat(changes(store.currentChanges("", Offset.noOffset()))).containsExactly("a|3 1 one");
        assertThat(changes(store.currentChangesBySlices("a", 0, 1023, Offset.noOffset())))
                .containsExactly("a|1 2 two", "a|3 1 one", "a|2 2 two");
    }

    @Test
    void a_query_of_what_there_is_does_not_lose_what_is_changed_while_it_runs() throws Exception {
        int count = 200;
        for (int i = 1; i <= count; i++) {
            await(store.upsertObject("a|" + i, 1, "one", "red"));
        }
        var queue = store.currentChanges("red", Offset.noOffset())
                .map(StateStoreTest::text)
                .runWith(Sink.queue(), kit.system());
        assertThat(await(queue.pull())).contains("a|1 1 one");
        await(store.upsertObject("a|" + count, 2, "two", "red"));
        List<String> rest = new ArrayList<>();
        for (Optional<String> next = await(queue.pull()); next.isPresent(); next = await(queue.pull())) {
            rest.add(next.get());
        }
        assertThat(rest).hasSize(count - 1).endsWith("a|" + count + " 1 one");
    }

    @Test
    void an_offset_of_another_kind_is_refused() {
        assertThatThrownBy(() -> changes(store.currentChanges(
                        "red",
                        Offset.timeBasedUUID(java.util.UUID.fromString("49225740-2019-11ea-a752-ffae2393b6e4")))))
                .hasMessageContaining("is no offset of this query");
    }

    @Test
    void slices_and_limits_out_of_range_are_refused() {
        assertThatThrownBy(() -> store.changesBySlices("a", 0, 1024, Offset.noOffset()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 to 1023");
        assertThatThrownBy(() -> store.changesBySlices("a", 5, 4, Offset.noOffset()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.currentPersistenceIds(Optional.empty(), 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
