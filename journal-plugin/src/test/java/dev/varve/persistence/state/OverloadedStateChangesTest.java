package dev.varve.persistence.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.VarvePlugin;
import java.nio.file.Path;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.query.DurableStateChange;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.state.DurableStateStoreRegistry;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams of a partition that takes far fewer questions at a time than a stream asks. */
class OverloadedStateChangesTest {
    private static final int STATES = 200;

    @TempDir
    private Path directory;

    private ActorTestKit kit;
    private VarveDurableStateStore<Object> store;

    @BeforeEach
    @SuppressWarnings("unchecked")
    void start() throws Exception {
        kit = ActorTestKit.create(
                "state",
                ConfigFactory.parseString("varve.state.partition.max-reads = 2")
                        .withFallback(VarvePlugin.in(directory).config())
                        .withFallback(ConfigFactory.load()));
        store = DurableStateStoreRegistry.get(kit.system().classicSystem())
                .getDurableStateStoreFor(VarveDurableStateStore.class, "varve.state");
        for (int i = 0; i < STATES; i++) {
            await(store.upsertObject("Cart|" + i, 1, "state", ""));
        }
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private static <T> T await(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private long ids(Source<DurableStateChange<Object>, NotUsed> changes) throws Exception {
        return await(changes.map(DurableStateChange::persistenceId).runWith(Sink.seq(), kit.system())).stream()
                .distinct()
                .count();
    }

    @Test
    void a_stream_of_changes_asks_again_what_an_overloaded_partition_refused() throws Exception {
        assertThat(ids(store.currentChangesBySlices("Cart", 0, 1023, Offset.noOffset())))
                .isEqualTo(STATES);
    }

    @Test
    void a_live_stream_of_changes_survives_an_overloaded_partition() throws Exception {
        assertThat(ids(store.changesBySlices("Cart", 0, 1023, Offset.noOffset()).take(STATES)))
                .isEqualTo(STATES);
    }
}
