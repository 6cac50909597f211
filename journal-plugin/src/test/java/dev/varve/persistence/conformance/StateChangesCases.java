package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.pekko.NotUsed;
import org.apache.pekko.persistence.query.DeletedDurableState;
import org.apache.pekko.persistence.query.DurableStateChange;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.UpdatedDurableState;
import org.apache.pekko.persistence.query.javadsl.DurableStateStoreQuery;
import org.apache.pekko.persistence.query.typed.javadsl.DurableStateStoreBySliceQuery;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Test;

/**
 * Changes of state as streams: each entity's last change is told, and those between may be left out; a revision is told once, and
 * those of an entity in their order.
 */
public interface StateChangesCases extends StateFixture {

    private DurableStateStoreQuery<Object> byTag() {
        @SuppressWarnings("unchecked")
        DurableStateStoreQuery<Object> query = store(DurableStateStoreQuery.class);
        return query;
    }

    private DurableStateStoreBySliceQuery<Object> bySlice() {
        @SuppressWarnings("unchecked")
        DurableStateStoreBySliceQuery<Object> query = store(DurableStateStoreBySliceQuery.class);
        return query;
    }

    private List<DurableStateChange<Object>> all(Source<DurableStateChange<Object>, NotUsed> changes) {
        return await(changes.runWith(Sink.seq(), kit().system()));
    }

    private static String text(DurableStateChange<Object> change) {
        if (change instanceof UpdatedDurableState<Object> updated) {
            return updated.persistenceId() + " " + updated.revision() + " " + updated.value();
        } else if (change instanceof DeletedDurableState<Object> deleted) {
            return deleted.persistenceId() + " " + deleted.revision() + " deleted";
        }
        throw new AssertionError("no change that is known: " + change);
    }

    private List<String> texts(List<DurableStateChange<Object>> changes) {
        return changes.stream().map(StateChangesCases::text).toList();
    }

    /** Four entities of one type, of which the last is changed twice; the source of changes sees all of them. */
    private void resumesFromEveryOffset(
            List<String> ids, String tag, Function<Offset, Source<DurableStateChange<Object>, NotUsed>> changes) {
        for (String id : ids) {
            upsert(id, 1, "one", tag);
        }
        upsert(ids.get(3), 2, "two", tag);

        List<DurableStateChange<Object>> from0 = all(changes.apply(Offset.noOffset()));
        assertThat(texts(from0))
                .contains(ids.get(0) + " 1 one", ids.get(1) + " 1 one", ids.get(2) + " 1 one", ids.get(3) + " 2 two")
                .doesNotHaveDuplicates();
        for (int i = 0; i < from0.size() - 1; i++) {
            assertThat(texts(all(changes.apply(from0.get(i).offset()))))
                    .as("from the offset of change %s", i)
                    .isEqualTo(texts(from0.subList(i + 1, from0.size())));
        }
    }

    private List<String> fourIds(String entityType) {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ids.add(entityType + "|" + newPersistenceId());
        }
        return ids;
    }

    @Test
    default void current_changes_by_tag_resume_from_every_offset() {
        needs(Capability.QUERIES_CHANGES_BY_TAG);
        String tag = "tag-" + newPersistenceId();
        resumesFromEveryOffset(fourIds("type"), tag, offset -> byTag().currentChanges(tag, offset));
    }

    @Test
    default void current_changes_by_slice_resume_from_every_offset() {
        needs(Capability.QUERIES_CHANGES_BY_SLICE);
        String type = "type-" + newPersistenceId().replace('|', '-');
        resumesFromEveryOffset(fourIds(type), "tag", offset -> bySlice().currentChangesBySlices(type, 0, 1023, offset));
    }

    @Test
    default void current_changes_end_where_there_is_nothing_more() {
        needs(Capability.QUERIES_CHANGES_BY_TAG, Capability.ENDS_CURRENT_CHANGES_ALWAYS);
        String tag = "tag-" + newPersistenceId();
        assertThat(all(byTag().currentChanges(tag, Offset.noOffset()))).isEmpty();
        String id = newPersistenceId();
        upsert(id, 1, "one", tag);
        upsert(newPersistenceId(), 1, "one", "another tag");
        List<DurableStateChange<Object>> changes = all(byTag().currentChanges(tag, Offset.noOffset()));
        assertThat(texts(changes)).containsExactly(id + " 1 one");
        assertThat(all(byTag().currentChanges(tag, changes.get(0).offset()))).isEmpty();
    }

    @Test
    default void a_deletion_is_a_change() {
        needs(Capability.QUERIES_CHANGES_BY_TAG);
        String tag = "tag-" + newPersistenceId();
        String id = newPersistenceId();
        upsert(id, 1, "one", tag);
        delete(id, 2);
        List<String> changes = texts(all(byTag().currentChanges(tag, Offset.noOffset())));
        assertThat(changes.get(changes.size() - 1)).isEqualTo(id + " 2 deleted");
    }

    @Test
    default void live_changes_by_tag_go_on_with_what_is_changed_later() {
        needs(Capability.QUERIES_CHANGES_BY_TAG, Capability.TELLS_LIVE_CHANGES_WITHOUT_A_GAP);
        String tag = "tag-" + newPersistenceId();
        String id = newPersistenceId();
        upsert(id, 1, "one", tag);
        var probe = kit().<String>createTestProbe();
        byTag().changes(tag, Offset.noOffset())
                .runWith(Sink.foreach(change -> probe.ref().tell(text(change))), kit().system());
        probe.expectMessage(id + " 1 one");
        upsert(newPersistenceId(), 1, "one", "another tag");
        upsert(id, 2, "two", tag);
        probe.expectMessage(id + " 2 two");
        delete(id, 3);
        probe.expectMessage(id + " 3 deleted");
    }

    @Test
    default void live_changes_by_slice_go_on_with_what_is_changed_later() {
        needs(Capability.QUERIES_CHANGES_BY_SLICE, Capability.TELLS_LIVE_CHANGES_WITHOUT_A_GAP);
        String type = "type-" + newPersistenceId().replace('|', '-');
        String id = type + "|" + newPersistenceId();
        upsert(id, 1, "one", "tag");
        int slice = bySlice().sliceForPersistenceId(id);
        var probe = kit().<String>createTestProbe();
        bySlice()
                .changesBySlices(type, slice, slice, Offset.noOffset())
                .runWith(Sink.foreach(change -> probe.ref().tell(text(change))), kit().system());
        probe.expectMessage(id + " 1 one");
        upsert(id, 2, "two", "tag");
        probe.expectMessage(id + " 2 two");
    }

    @Test
    default void a_query_sees_only_its_slices_and_its_type() {
        needs(Capability.QUERIES_CHANGES_BY_SLICE);
        String type = "type-" + newPersistenceId().replace('|', '-');
        List<String> ids = fourIds(type);
        for (String id : ids) {
            upsert(id, 1, "one", "tag");
        }
        upsert("other-" + ids.get(0), 1, "one", "tag");
        for (String id : ids) {
            int slice = bySlice().sliceForPersistenceId(id);
            // The last change of all: what ends the query also where its end is looked for in the changes themselves.
            upsert(id, 2, "two", "tag");
            assertThat(all(bySlice().currentChangesBySlices(type, slice, slice, Offset.noOffset())))
                    .isNotEmpty()
                    .allSatisfy(change -> assertThat(bySlice().sliceForPersistenceId(change.persistenceId()))
                            .isEqualTo(slice))
                    .allSatisfy(change -> assertThat(change.persistenceId()).startsWith(type + "|"));
        }
    }
}
