package dev.varve.persistence.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.VarvePlugin;
import dev.varve.persistence.conformance.SnapshotProbe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.persistence.DeleteSnapshotsSuccess;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.SaveSnapshotSuccess;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotProtocol;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Saves that fail, and saves that come all at once. */
class SnapshotSaveTest {
    private ActorTestKit kit;
    private SnapshotProbe snapshots;

    @BeforeEach
    void start(@TempDir Path directory) {
        kit = ActorTestKit.create(
                "save",
                ConfigFactory.parseString("varve.snapshot-store { max-batch-bytes = 64 KiB, partitions = 3 }")
                        .withFallback(VarvePlugin.in(directory).config())
                        .withFallback(ConfigFactory.load()));
        snapshots = new SnapshotProbe(kit);
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void a_snapshot_over_the_limit_fails_and_says_so() {
        assertThat(snapshots.failToSave(SnapshotMetadata.apply("a", 5), new byte[64 << 10]))
                .isInstanceOf(SnapshotTooLargeException.class)
                .hasMessageContainingAll("[a]", "sequence number 5", "varve.max-batch-bytes", "65536");
        assertThat(snapshots.load("a")).isEmpty();
    }

    @Test
    void a_save_that_fails_leaves_the_snapshot_of_the_same_sequence_number_alone() {
        SnapshotMetadata saved = snapshots.save(SnapshotMetadata.apply("a", 5), "whole");
        snapshots.failToSave(SnapshotMetadata.apply("a", 5), new byte[64 << 10]);
        snapshots.failToSave(SnapshotMetadata.apply("a", 5), new Object());
        assertThat(snapshots.load("a")).contains(new SelectedSnapshot(saved, "whole"));
        // Whoever wants it deleted can have that.
        snapshots.delete(SnapshotMetadata.apply("a", 5));
        assertThat(snapshots.load("a")).isEmpty();
    }

    @Test
    void what_is_sent_at_once_is_done_in_its_order() {
        var store = Persistence.get(kit.system()).snapshotStoreFor("", ConfigFactory.empty());
        TestProbe<Object> inbox = kit.createTestProbe();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            ids.add("entity|" + i);
        }
        for (long sequenceNr = 1; sequenceNr <= 6; sequenceNr++) {
            for (String id : ids) {
                store.tell(
                        new SnapshotProtocol.SaveSnapshot(SnapshotMetadata.apply(id, sequenceNr), id + sequenceNr),
                        Adapter.toClassic(inbox.ref()));
                if (sequenceNr == 4) {
                    store.tell(
                            new SnapshotProtocol.DeleteSnapshots(
                                    id, SnapshotSelectionCriteria.create(Long.MAX_VALUE, Long.MAX_VALUE)),
                            Adapter.toClassic(inbox.ref()));
                }
            }
        }
        assertThat(inbox.receiveSeveralMessages(7 * ids.size())).allSatisfy(answer -> assertThat(answer)
                .isInstanceOfAny(SaveSnapshotSuccess.class, DeleteSnapshotsSuccess.class));
        for (String id : ids) {
            assertThat(snapshots.load(id))
                    .hasValueSatisfying(loaded -> assertThat(loaded.snapshot()).isEqualTo(id + 6));
            assertThat(snapshots.load(id, SnapshotSelectionCriteria.create(4, Long.MAX_VALUE)))
                    .isEmpty();
        }
    }
}
