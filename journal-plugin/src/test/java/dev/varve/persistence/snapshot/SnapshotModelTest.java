package dev.varve.persistence.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.VarvePlugin;
import dev.varve.persistence.conformance.SnapshotProbe;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Saves, loads and deletes at random, on small segments and with restarts, beside a model that is a map. */
class SnapshotModelTest {
    private static final long SEED = Long.getLong("varve.test.seed", 20_261_125L);
    private static final int STEPS = 1_500;
    private static final int STEPS_OF_A_LIFE = 300;
    private static final List<String> IDS = List.of("Aa|1", "BB|1", "entity");

    @TempDir
    private Path directory;

    private ActorTestKit kit;
    private SnapshotProbe probe;
    private final Random random = new Random(SEED);

    /** By persistence id, then by sequence number. */
    private final Map<String, TreeMap<Long, SelectedSnapshot>> model = new HashMap<>();

    private void start() {
        stop();
        kit = ActorTestKit.create(
                "model",
                ConfigFactory.parseString(
                                "varve.snapshot-store.log { segment-bytes = 8 KiB, sync = none, compaction.min-dead-share = 0 }")
                        .withFallback(VarvePlugin.in(directory).config())
                        .withFallback(ConfigFactory.load()));
        probe = new SnapshotProbe(kit);
    }

    @AfterEach
    void stop() {
        if (kit != null) {
            kit.shutdownTestKit();
        }
    }

    @Test
    void what_is_loaded_is_what_was_saved_last_and_not_deleted_in_any_order_of_saves_and_deletions() {
        for (int step = 0; step < STEPS; step++) {
            if (step % STEPS_OF_A_LIFE == 0) {
                start();
                for (String id : IDS) {
                    load(step, id, SnapshotSelectionCriteria.latest());
                }
            }
            step(step, IDS.get(random.nextInt(IDS.size())));
        }
    }

    private void step(int step, String id) {
        TreeMap<Long, SelectedSnapshot> saved = model.computeIfAbsent(id, ignored -> new TreeMap<>());
        switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> save(step, id, saved);
            case 4 -> deleteOne(id, saved);
            case 5 -> {
                SnapshotSelectionCriteria criteria = criteria(saved);
                probe.delete(id, criteria);
                saved.values().removeIf(snapshot -> criteria.matches(snapshot.metadata()));
            }
            default -> load(step, id, random.nextBoolean() ? SnapshotSelectionCriteria.latest() : criteria(saved));
        }
    }

    private void save(int step, String id, TreeMap<Long, SelectedSnapshot> saved) {
        long sequenceNr = sequenceNrToSave(saved);
        String value = "snapshot of step " + step + "x".repeat(random.nextInt(600));
        SnapshotMetadata metadata = SnapshotMetadata.apply(id, sequenceNr);
        if (random.nextBoolean()) {
            metadata = metadata.withMetadata("metadata of step " + step);
        }
        saved.put(sequenceNr, new SelectedSnapshot(probe.save(metadata, value), value));
    }

    /** Mostly a bit further, as actors do; sometimes again where there is one, or anywhere. */
    private long sequenceNrToSave(TreeMap<Long, SelectedSnapshot> saved) {
        if (saved.isEmpty()) {
            return random.nextInt(20);
        }
        return switch (random.nextInt(6)) {
            case 0, 1 -> any(saved).metadata().sequenceNr();
            case 2 -> random.nextInt(20);
            default -> saved.lastKey() + 1 + random.nextInt(3);
        };
    }

    private void deleteOne(String id, TreeMap<Long, SelectedSnapshot> saved) {
        if (saved.isEmpty()) {
            probe.delete(SnapshotMetadata.apply(id, 1));
            return;
        }
        SnapshotMetadata one = any(saved).metadata();
        long timestamp = List.of(0L, one.timestamp(), one.timestamp() - 1).get(random.nextInt(3));
        probe.delete(SnapshotMetadata.apply(id, one.sequenceNr(), timestamp));
        if (timestamp == 0 || timestamp == one.timestamp()) {
            saved.remove(one.sequenceNr());
        }
    }

    private SelectedSnapshot any(TreeMap<Long, SelectedSnapshot> saved) {
        return List.copyOf(saved.values()).get(random.nextInt(saved.size()));
    }

    private SnapshotSelectionCriteria criteria(TreeMap<Long, SelectedSnapshot> saved) {
        if (saved.isEmpty()) {
            return SnapshotSelectionCriteria.latest();
        }
        long maxTimestamp =
                random.nextBoolean() ? Long.MAX_VALUE : any(saved).metadata().timestamp();
        long minTimestamp = random.nextInt(3) > 0 ? 0 : any(saved).metadata().timestamp();
        long maxSequenceNr =
                random.nextInt(3) == 0 ? Long.MAX_VALUE : any(saved).metadata().sequenceNr() + random.nextInt(2);
        long minSequenceNr = random.nextInt(3) > 0 ? 0 : any(saved).metadata().sequenceNr();
        return SnapshotSelectionCriteria.create(maxSequenceNr, maxTimestamp, minSequenceNr, minTimestamp);
    }

    private void load(int step, String id, SnapshotSelectionCriteria criteria) {
        Optional<SelectedSnapshot> expected = model.getOrDefault(id, new TreeMap<>()).values().stream()
                .filter(snapshot -> criteria.matches(snapshot.metadata()))
                .max(Comparator.comparing(snapshot -> snapshot.metadata().sequenceNr()));
        Optional<SelectedSnapshot> loaded = probe.load(id, criteria);
        assertThat(loaded)
                .as("step %s, seed %s, %s of %s", step, SEED, criteria, id)
                .isEqualTo(expected);
        assertThat(loaded.map(snapshot -> snapshot.metadata().metadata()))
                .as("metadata at step %s, seed %s", step, SEED)
                .isEqualTo(expected.map(snapshot -> snapshot.metadata().metadata()));
    }
}
