package dev.varve.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.conformance.JournalProbe;
import dev.varve.persistence.conformance.SnapshotProbe;
import dev.varve.persistence.conformance.Writer;
import dev.varve.persistence.state.VarveDurableStateStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.state.DurableStateStoreRegistry;
import org.apache.pekko.persistence.state.javadsl.GetObjectResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The space of what is deleted or replaced comes back by itself, and what is kept is kept. */
class SpaceTest {
    private static final int ROUNDS = 100;
    private static final int BYTES = 5_000;

    /** Of half a million that are written. */
    private static final long FEW_BYTES = 200_000;

    @TempDir
    private Path directory;

    private ActorTestKit kit;

    @BeforeEach
    void start() {
        kit = ActorTestKit.create(
                "space",
                ConfigFactory.parseString(
                                """
                varve {
                  journal.log { segment-bytes = 64 KiB, sync = none }
                  snapshot-store.log { segment-bytes = 64 KiB, sync = none }
                  state.log { segment-bytes = 64 KiB, sync = none }
                  # By which these stores are not meant.
                  log.retention.max-bytes = 1 KiB
                }
                """)
                        .withFallback(VarvePlugin.in(directory).config())
                        .withFallback(ConfigFactory.load()));
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private void becomesSmall(String store) {
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(bytes(directory.resolve(store))).isLessThan(FEW_BYTES));
    }

    private static long bytes(Path of) throws IOException {
        try (Stream<Path> files = Files.list(of.resolve("0000"))) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .mapToLong(SpaceTest::length)
                    .sum();
        }
    }

    private static long length(Path file) {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void that_of_deleted_snapshots() {
        SnapshotProbe snapshots = new SnapshotProbe(kit);
        snapshots.save(SnapshotMetadata.apply("kept", 1), "kept");
        for (long i = 1; i <= ROUNDS; i++) {
            snapshots.save(SnapshotMetadata.apply("a", i), new byte[BYTES]);
            snapshots.delete("a", SnapshotSelectionCriteria.create(i - 1, Long.MAX_VALUE));
        }
        becomesSmall("snapshots");
        assertThat(snapshots.load("kept"))
                .hasValueSatisfying(loaded -> assertThat(loaded.snapshot()).isEqualTo("kept"));
        assertThat(snapshots.load("a"))
                .hasValueSatisfying(
                        loaded -> assertThat(loaded.metadata().sequenceNr()).isEqualTo(ROUNDS));
    }

    @Test
    void that_of_replaced_states() {
        VarveDurableStateStore<?> store = DurableStateStoreRegistry.get(
                        kit.system().classicSystem())
                .getDurableStateStoreFor(VarveDurableStateStore.class, "");
        @SuppressWarnings("unchecked")
        VarveDurableStateStore<Object> states = (VarveDurableStateStore<Object>) store;
        states.upsertObject("kept", 1, "kept", "").toCompletableFuture().join();
        states.upsertObject("gone", 1, "gone", "").toCompletableFuture().join();
        states.deleteObject("gone", 2).toCompletableFuture().join();
        for (long i = 1; i <= ROUNDS; i++) {
            states.upsertObject("a", i, new byte[BYTES], "")
                    .toCompletableFuture()
                    .join();
        }
        becomesSmall("states");
        assertThat(states.getObject("kept").toCompletableFuture().join())
                .isEqualTo(new GetObjectResult<>(Optional.of("kept"), 1));
        assertThat(states.getObject("gone").toCompletableFuture().join())
                .isEqualTo(new GetObjectResult<>(Optional.empty(), 2));
        assertThat(states.getObject("a").toCompletableFuture().join().revision())
                .isEqualTo(ROUNDS);
    }

    @Test
    void that_of_deleted_events() {
        JournalProbe journal = new JournalProbe(kit);
        Writer kept = Writer.of("kept");
        journal.store(kept.write(1, "one"), kept.write(2, "two"));
        Writer writer = Writer.of("a");
        for (long i = 1; i <= ROUNDS; i++) {
            journal.store(writer.write(i, new byte[BYTES]));
        }
        journal.delete("a", ROUNDS - 1);
        // A segment more, so that all that is deleted lies in sealed ones.
        for (long i = ROUNDS + 1; i <= ROUNDS + 15; i++) {
            journal.store(writer.write(i, new byte[BYTES]));
        }
        becomesSmall("journal");
        assertThat(journal.replay("kept").payloads()).isEqualTo(List.of("one", "two"));
        assertThat(journal.replay("a").sequenceNrs()).hasSize(16).contains((long) ROUNDS);
    }
}
