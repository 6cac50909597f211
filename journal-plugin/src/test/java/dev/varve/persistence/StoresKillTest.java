package dev.varve.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.conformance.SnapshotProbe;
import dev.varve.persistence.conformance.WriterProcess;
import dev.varve.persistence.state.VarveDurableStateStore;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.state.DurableStateStoreRegistry;
import org.apache.pekko.persistence.state.javadsl.GetObjectResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} in the middle of saves, updates and deletions, with small segments that are compacted. */
class StoresKillTest {
    private static final int KILLS = Integer.getInteger("conformance.kills", 3);
    private static final long SEED = Long.getLong("conformance.seed", System.nanoTime());
    private static final int MAX_LINES = 400;

    /** The greatest number of each kind and id, such as "acked state killed|1". */
    private final Map<String, Long> told = new HashMap<>();

    private void hear(String line) {
        int space = line.lastIndexOf(' ');
        told.merge(line.substring(0, space), Long.parseLong(line.substring(space + 1)), Math::max);
    }

    private long told(String what) {
        return told.getOrDefault(what, 0L);
    }

    @Test
    @Timeout(3600)
    void what_was_acknowledged_survives_kills_and_is_there_whole(@TempDir Path directory) throws Exception {
        Config config = ConfigFactory.parseString(
                        """
                varve.snapshot-store.log.segment-bytes = 64 KiB
                varve.state.log.segment-bytes = 64 KiB
                """)
                .withFallback(VarvePlugin.in(directory).config());
        Random random = new Random(SEED);
        for (int kill = 1; kill <= KILLS; kill++) {
            try (WriterProcess process = WriterProcess.start(
                    StoresMain.class, config.withFallback(ConfigFactory.load()).resolve(), random.nextLong())) {
                int lines = random.nextInt(MAX_LINES);
                for (int i = 0; i < lines; i++) {
                    hear(process.nextLine());
                }
                process.kill();
                process.remainingLines().forEach(this::hear);
            }
            compare(config, "kill " + kill + ", conformance.seed=" + SEED);
        }
        assertThat(told).isNotEmpty();
    }

    @SuppressWarnings("unchecked")
    private void compare(Config config, String when) {
        ActorTestKit kit = ActorTestKit.create("compare", config.withFallback(ConfigFactory.load()));
        try {
            SnapshotProbe snapshots = new SnapshotProbe(kit);
            VarveDurableStateStore<Object> states = DurableStateStoreRegistry.get(
                            kit.system().classicSystem())
                    .getDurableStateStoreFor(VarveDurableStateStore.class, "");
            for (String id : StoresMain.IDS) {
                compareSnapshots(snapshots, id, when);
                GetObjectResult<Object> state = states.getObject(id)
                        .toCompletableFuture()
                        .orTimeout(20, TimeUnit.SECONDS)
                        .join();
                assertThat(state.revision())
                        .as("revision of %s, %s", id, when)
                        .isBetween(told("acked state " + id), told("sends state " + id));
                assertThat(state.value())
                        .as("state of %s at %s, %s", id, state.revision(), when)
                        .isEqualTo(state.revision() == 0 ? Optional.empty() : StoresMain.state(id, state.revision()));
            }
        } finally {
            kit.shutdownTestKit();
        }
    }

    private void compareSnapshots(SnapshotProbe snapshots, String id, String when) {
        Optional<SelectedSnapshot> loaded = snapshots.load(id);
        long sequenceNr =
                loaded.map(snapshot -> snapshot.metadata().sequenceNr()).orElse(0L);
        assertThat(sequenceNr)
                .as("newest snapshot of %s, %s", id, when)
                .isBetween(told("acked snapshot " + id), told("sends snapshot " + id));
        loaded.ifPresent(
                snapshot -> assertThat(snapshot.snapshot()).as(when).isEqualTo(StoresMain.text(id, sequenceNr)));
        assertThat(snapshots.load(id, SnapshotSelectionCriteria.create(told("acked deletion " + id), Long.MAX_VALUE)))
                .as("deleted snapshots of %s, %s", id, when)
                .isEmpty();
    }
}
