package dev.varve.persistence.conformance;

import static org.apache.pekko.persistence.SnapshotSelectionCriteria.create;
import static org.apache.pekko.persistence.SnapshotSelectionCriteria.latest;
import static org.apache.pekko.persistence.SnapshotSelectionCriteria.none;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.junit.jupiter.api.Test;

/** The newest snapshot is loaded of those that the criteria allow. */
public interface SnapshotSelectionCases extends SnapshotFixture {
    /** Any number and any time. */
    long ANY = Long.MAX_VALUE;

    @Test
    default void an_actor_that_never_saved_a_snapshot_has_none() {
        assertThat(snapshots().load(newPersistenceId())).isEmpty();
    }

    @Test
    default void no_snapshot_is_loaded_where_all_are_younger_than_allowed() {
        String id = fiveSnapshots().get(0).persistenceId();
        assertThat(snapshots().load(id, create(ANY, 100))).isEmpty();
    }

    @Test
    default void no_snapshot_is_loaded_where_all_have_greater_sequence_numbers_than_allowed() {
        String id = fiveSnapshots().get(0).persistenceId();
        assertThat(snapshots().load(id, create(7, ANY))).isEmpty();
        assertThat(snapshots().load(id, latest(), 7)).isEmpty();
        assertThat(snapshots().load(id, none())).isEmpty();
    }

    @Test
    default void the_newest_snapshot_is_loaded() {
        List<SnapshotMetadata> saved = fiveSnapshots();
        assertThat(snapshots().load(saved.get(0).persistenceId())).contains(new SelectedSnapshot(saved.get(4), "s-5"));
    }

    @Test
    default void the_newest_snapshot_up_to_a_sequence_number_is_loaded() {
        List<SnapshotMetadata> saved = fiveSnapshots();
        String id = saved.get(0).persistenceId();
        SelectedSnapshot third = new SelectedSnapshot(saved.get(2), "s-3");
        assertThat(snapshots().load(id, create(13, ANY))).contains(third);
        assertThat(snapshots().load(id, latest(), 13)).contains(third);
    }

    @Test
    default void the_newest_snapshot_up_to_a_sequence_number_and_a_time_is_loaded() {
        List<SnapshotMetadata> saved = fiveSnapshots();
        String id = saved.get(0).persistenceId();
        SelectedSnapshot third = new SelectedSnapshot(saved.get(2), "s-3");
        assertThat(snapshots().load(id, create(13, saved.get(2).timestamp()))).contains(third);
        assertThat(snapshots().load(id, create(ANY, saved.get(2).timestamp()), 13))
                .contains(third);
        assertThat(snapshots().load(id, create(15, saved.get(2).timestamp()))).contains(third);
    }

    @Test
    default void no_snapshot_below_a_lower_bound_is_loaded() {
        List<SnapshotMetadata> saved = fiveSnapshots();
        String id = saved.get(0).persistenceId();
        assertThat(snapshots().load(id, create(ANY, ANY, 16, 0))).isEmpty();
        assertThat(snapshots().load(id, create(ANY, ANY, 0, saved.get(4).timestamp() + 1)))
                .isEmpty();
        assertThat(snapshots().load(id, create(14, ANY, 14, 0))).contains(new SelectedSnapshot(saved.get(3), "s-4"));
    }

    @Test
    default void snapshots_of_ids_with_the_same_hash_are_kept_apart() {
        String suffix = newPersistenceId();
        snapshots().save(SnapshotMetadata.apply("Aa|" + suffix, 7), "one");
        snapshots().save(SnapshotMetadata.apply("BB|" + suffix, 7), "other");
        snapshots().delete("BB|" + suffix, latest());
        assertThat(snapshots().load("Aa|" + suffix))
                .hasValueSatisfying(s -> assertThat(s.snapshot()).isEqualTo("one"));
        assertThat(snapshots().load("BB|" + suffix)).isEmpty();
    }

    @Test
    default void snapshots_are_there_after_a_restart() {
        needs(Capability.SURVIVES_A_RESTART);
        List<SnapshotMetadata> saved = fiveSnapshots();
        snapshots().delete(saved.get(4));
        restart();
        assertThat(snapshots().load(saved.get(0).persistenceId())).contains(new SelectedSnapshot(saved.get(3), "s-4"));
    }
}
