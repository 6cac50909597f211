package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.persistence.conformance.Payload.Address;
import java.util.List;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.junit.jupiter.api.Test;
import scala.Option;

/** A snapshot comes back with all that belongs to it. */
public interface SnapshotContentCases extends SnapshotFixture {

    private SelectedSnapshot savedAndLoaded(SnapshotMetadata metadata, Object snapshot) {
        SnapshotMetadata saved = snapshots().save(metadata, snapshot);
        SelectedSnapshot loaded = snapshots().load(metadata.persistenceId()).orElseThrow();
        assertThat(loaded.metadata()).isEqualTo(saved);
        return loaded;
    }

    @Test
    default void a_snapshot_has_the_time_at_which_it_was_saved() {
        long before = System.currentTimeMillis();
        SelectedSnapshot loaded = savedAndLoaded(SnapshotMetadata.apply(newPersistenceId(), 1), "now");
        assertThat(loaded.metadata().timestamp()).isBetween(before, System.currentTimeMillis());
    }

    @Test
    default void a_snapshot_replaces_another_one_of_the_same_sequence_number() {
        List<SnapshotMetadata> saved = fiveSnapshots();
        SelectedSnapshot loaded = savedAndLoaded(saved.get(4), "s-5, changed");
        assertThat(loaded.snapshot()).isEqualTo("s-5, changed");
        assertThat(loaded.metadata().sequenceNr()).isEqualTo(15);
    }

    @Test
    default void a_large_snapshot_comes_back() {
        byte[] large = new byte[10_000];
        large[large.length - 1] = 42;
        assertThat(savedAndLoaded(SnapshotMetadata.apply(newPersistenceId(), 1), large)
                        .snapshot())
                .isEqualTo(large);
    }

    @Test
    default void a_snapshot_is_serialized_by_the_serializer_bound_to_it_which_knows_the_system() {
        needs(Capability.SERIALIZES_SNAPSHOTS);
        Address address = new Address(Adapter.toClassic(kit().createTestProbe().ref()));
        assertThat(savedAndLoaded(SnapshotMetadata.apply(newPersistenceId(), 1), address)
                        .snapshot())
                .isEqualTo(address)
                .isNotSameAs(address);
    }

    @Test
    default void a_snapshot_that_cannot_be_serialized_fails_and_leaves_those_before_it() {
        needs(Capability.SERIALIZES_SNAPSHOTS);
        List<SnapshotMetadata> saved = fiveSnapshots();
        String id = saved.get(0).persistenceId();
        snapshots().failToSave(SnapshotMetadata.apply(id, 16), new Object());
        assertThat(snapshots().load(id)).contains(new SelectedSnapshot(saved.get(4), "s-5"));
    }

    @Test
    default void ids_may_be_of_any_characters() {
        needs(Capability.TAKES_ANY_IDS_AND_TAGS);
        for (String text : List.of("ä€😀|/\\:*?\"<> .-_%", "../../etc", "snapshot-1-2-3")) {
            SnapshotMetadata metadata = SnapshotMetadata.apply(text + newPersistenceId(), 1);
            assertThat(savedAndLoaded(metadata, text).snapshot()).isEqualTo(text);
        }
    }

    @Test
    default void a_snapshot_without_metadata_comes_back_without() {
        assertThat(savedAndLoaded(SnapshotMetadata.apply(newPersistenceId(), 1), "bare")
                        .metadata()
                        .metadata())
                .isEqualTo(Option.empty());
    }

    @Test
    default void the_metadata_of_a_snapshot_comes_back() {
        needs(Capability.KEEPS_METADATA_OF_SNAPSHOTS);
        SnapshotMetadata metadata =
                SnapshotMetadata.apply(newPersistenceId(), 1).withMetadata("about it");
        SelectedSnapshot loaded = savedAndLoaded(metadata, "something");
        assertThat(loaded.metadata().metadata()).isEqualTo(Option.apply("about it"));
    }
}
