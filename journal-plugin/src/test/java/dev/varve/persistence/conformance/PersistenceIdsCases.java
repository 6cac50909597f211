package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.pekko.persistence.query.javadsl.CurrentPersistenceIdsQuery;
import org.apache.pekko.persistence.query.javadsl.PagedPersistenceIdsQuery;
import org.apache.pekko.persistence.query.javadsl.PersistenceIdsQuery;
import org.junit.jupiter.api.Test;

/** Who has written. */
public interface PersistenceIdsCases extends QueryFixture {

    private List<String> idsOf(int writers) {
        List<String> ids = new ArrayList<>();
        for (Writer writer : writers(writers)) {
            journal().store(writer.write(1, "a-1"), writer.write(2, "a-2"));
            ids.add(writer.persistenceId());
        }
        return ids;
    }

    @Test
    default void current_persistence_ids_are_all_that_have_written_once_each() {
        needs(Capability.QUERIES_CURRENT_PERSISTENCE_IDS);
        List<String> ids = idsOf(5);
        assertThat(all(queries(CurrentPersistenceIdsQuery.class).currentPersistenceIds()))
                .containsAll(ids)
                .doesNotHaveDuplicates();
    }

    @Test
    default void persistence_ids_come_in_pages() {
        needs(Capability.PAGES_PERSISTENCE_IDS);
        List<String> ids = idsOf(7);
        List<String> paged = new ArrayList<>();
        for (List<String> page = page(Optional.empty(), 3);
                !page.isEmpty();
                page = page(Optional.of(page.get(page.size() - 1)), 3)) {
            assertThat(page).hasSizeLessThanOrEqualTo(3);
            paged.addAll(page);
        }
        assertThat(paged).doesNotHaveDuplicates().containsAll(ids);
        assertThat(page(Optional.empty(), Long.MAX_VALUE)).containsExactlyInAnyOrderElementsOf(paged);
    }

    private List<String> page(Optional<String> after, long limit) {
        return all(queries(PagedPersistenceIdsQuery.class).currentPersistenceIds(after, limit));
    }

    @Test
    default void live_persistence_ids_tell_of_those_that_were_there_and_those_that_come() {
        needs(Capability.QUERIES_LIVE_PERSISTENCE_IDS);
        List<String> ids = idsOf(3);
        List<String> later = List.of(newPersistenceId(), newPersistenceId(), newPersistenceId());
        Set<String> expected = new HashSet<>(ids);
        expected.addAll(later);
        Supplier<List<String>> seen = start(
                expected.size(),
                queries(PersistenceIdsQuery.class).persistenceIds().filter(expected::contains));
        // Old acquaintances write again: nobody is told of them twice.
        for (String id : ids) {
            journal().store(Writer.of(id).write(3, "a-3"));
        }
        for (String id : later) {
            journal().store(Writer.of(id).write(1, "a-1"), Writer.of(id).write(2, "a-2"));
        }
        assertThat(seen.get()).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    default void persistence_ids_are_there_after_a_restart() {
        needs(Capability.SURVIVES_A_RESTART, Capability.QUERIES_CURRENT_PERSISTENCE_IDS);
        List<String> ids = idsOf(3);
        restart();
        assertThat(all(queries(CurrentPersistenceIdsQuery.class).currentPersistenceIds()))
                .containsAll(ids);
    }
}
