package dev.varve.persistence.conformance;

import static org.apache.pekko.persistence.SnapshotSelectionCriteria.create;
import static org.apache.pekko.persistence.SnapshotSelectionCriteria.latest;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.junit.jupiter.api.Test;

/** What is deleted is gone, and no more than that. */
public interface SnapshotDeletionCases extends SnapshotFixture {

    @Test
    default void one_snapshot_is_deleted_by_its_sequence_number_whatever_its_time() {
        List<SnapshotMetadata> saved = fiveSnapshots();
        String id = saved.get(0).persistenceId();
        snapshots().delete(SnapshotMetadata.apply(id, 13));
        assertThat(snapshots().load(id, create(13, Long.MAX_VALUE)))
                .contains(new SelectedSnapshot(saved.get(1), "s-2"));
        assertThat(snapshots().load(id)).contains(new SelectedSnapshot(saved.get(4), "s-5"));
    }

    @Test
    default void all_snapshots_up_to_a_sequence_number_and_a_time_are_deleted() {
        List<SnapshotMetadata> saved = fiveSnapshots();
        String id = saved.get(0).persistenceId();
        SnapshotMetadata third = saved.get(2);
        SnapshotMetadata fourth = saved.get(3);
        snapshots().delete(id, create(third.sequenceNr(), third.timestamp()));
        assertThat(snapshots().load(id, create(third.sequenceNr(), third.timestamp())))
                .isEmpty();
        assertThat(snapshots().load(id, create(fourth.sequenceNr(), fourth.timestamp())))
                .contains(new SelectedSnapshot(fourth, "s-4"));
    }

    @Test
    default void a_snapshot_younger_than_asked_for_is_not_deleted() {
        List<SnapshotMetadata> saved = fiveSnapshots();
        String id = saved.get(0).persistenceId();
        SnapshotMetadata fourth = saved.get(3);
        snapshots().delete(id, create(fourth.sequenceNr(), fourth.timestamp() - 1));
        assertThat(snapshots().load(id, create(fourth.sequenceNr(), fourth.timestamp())))
                .contains(new SelectedSnapshot(fourth, "s-4"));
    }

    @Test
    default void a_snapshot_below_the_lower_bound_is_not_deleted() {
        List<SnapshotMetadata> saved = fiveSnapshots();
        String id = saved.get(0).persistenceId();
        snapshots().delete(id, create(Long.MAX_VALUE, Long.MAX_VALUE, 13, 0));
        assertThat(snapshots().load(id)).contains(new SelectedSnapshot(saved.get(1), "s-2"));
    }

    @Test
    default void deleting_all_snapshots_leaves_none() {
        String id = fiveSnapshots().get(0).persistenceId();
        snapshots().delete(id, latest());
        assertThat(snapshots().load(id)).isEmpty();
    }

    @Test
    default void deleting_the_snapshots_of_an_actor_that_has_none_is_no_error() {
        String id = newPersistenceId();
        snapshots().delete(SnapshotMetadata.apply(id, 13));
        snapshots().delete(id, latest());
        assertThat(snapshots().load(id)).isEmpty();
    }
}
