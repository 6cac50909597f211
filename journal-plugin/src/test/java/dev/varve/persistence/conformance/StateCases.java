package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.persistence.conformance.Payload.Address;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.persistence.query.javadsl.DurableStateStorePagedPersistenceIdsQuery;
import org.apache.pekko.persistence.state.exception.DeleteRevisionException;
import org.apache.pekko.persistence.state.javadsl.GetObjectResult;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.Test;

/** State is there as it was stored last, and revisions go up by one. */
public interface StateCases extends StateFixture {

    private void is(String persistenceId, Object value, long revision) {
        assertThat(get(persistenceId)).isEqualTo(new GetObjectResult<>(Optional.of(value), revision));
    }

    @Test
    default void an_entity_that_never_stored_state_has_none_and_the_revision_0() {
        assertThat(get(newPersistenceId())).isEqualTo(new GetObjectResult<>(Optional.empty(), 0));
    }

    @Test
    default void state_that_was_stored_comes_back() {
        String id = newPersistenceId();
        upsert(id, 1, "one", "tag");
        is(id, "one", 1);
    }

    @Test
    default void state_is_replaced() {
        String id = newPersistenceId();
        upsert(id, 1, "one", "tag");
        upsert(id, 2, "two", "other tag");
        is(id, "two", 2);
    }

    @Test
    default void state_without_a_tag_is_stored() {
        String id = newPersistenceId();
        upsert(id, 1, "one", "");
        is(id, "one", 1);
    }

    @Test
    default void deleted_state_is_gone() {
        String id = newPersistenceId();
        upsert(id, 1, "one", "tag");
        delete(id, 2);
        assertThat(get(id).value()).isEmpty();
    }

    @Test
    default void entities_do_not_see_each_other() {
        String suffix = newPersistenceId();
        upsert("Aa|" + suffix, 1, "one", "tag");
        upsert("BB|" + suffix, 1, "other", "tag");
        upsert("BB|" + suffix, 2, "other, changed", "tag");
        is("Aa|" + suffix, "one", 1);
        is("BB|" + suffix, "other, changed", 2);
        delete("BB|" + suffix, 3);
        is("Aa|" + suffix, "one", 1);
    }

    @Test
    default void ids_may_be_of_any_characters() {
        needs(Capability.TAKES_ANY_IDS_AND_TAGS);
        for (String text : List.of("ä€😀|/\\:*?\"<> .-_%", "../../etc", "x".repeat(200))) {
            String id = text + newPersistenceId();
            upsert(id, 1, text, text);
            is(id, text, 1);
        }
    }

    @Test
    default void state_is_stored_again_after_a_deletion() {
        String id = newPersistenceId();
        upsert(id, 1, "one", "tag");
        delete(id, 2);
        upsert(id, 3, "three", "tag");
        is(id, "three", 3);
    }

    @Test
    default void state_is_there_after_a_restart() {
        needs(Capability.SURVIVES_A_RESTART);
        String id = newPersistenceId();
        String deleted = newPersistenceId();
        upsert(id, 1, "one", "tag");
        upsert(id, 2, "two", "tag");
        upsert(deleted, 1, "one", "tag");
        delete(deleted, 2);
        restart();
        is(id, "two", 2);
        assertThat(get(deleted).value()).isEmpty();
        upsert(id, 3, "three", "tag");
        upsert(deleted, 3, "three", "tag");
        is(deleted, "three", 3);
    }

    @Test
    default void a_deletion_at_another_revision_fails_and_deletes_nothing() {
        needs(Capability.CHECKS_THE_REVISION_OF_A_DELETION);
        String id = newPersistenceId();
        upsert(id, 1, "one", "tag");
        assertThatThrownBy(() -> delete(id, 99)).hasCauseInstanceOf(DeleteRevisionException.class);
        assertThatThrownBy(() -> delete(id, 1)).hasCauseInstanceOf(DeleteRevisionException.class);
        is(id, "one", 1);
    }

    @Test
    default void an_update_at_another_revision_fails_and_changes_nothing() {
        needs(Capability.CHECKS_THE_REVISION_OF_AN_UPDATE);
        String id = newPersistenceId();
        upsert(id, 1, "one", "tag");
        assertThatThrownBy(() -> upsert(id, 1, "another one", "tag")).hasCauseInstanceOf(Exception.class);
        assertThatThrownBy(() -> upsert(id, 3, "three", "tag")).hasCauseInstanceOf(Exception.class);
        is(id, "one", 1);
        upsert(id, 2, "two", "tag");
        is(id, "two", 2);
    }

    @Test
    default void of_several_updates_to_the_same_revision_one_wins() {
        needs(Capability.CHECKS_THE_REVISION_OF_AN_UPDATE);
        String id = newPersistenceId();
        List<String> values = List.of("a", "b", "c", "d", "e");
        var updates = values.stream()
                .map(value -> states().upsertObject(id, 1, value, "tag").toCompletableFuture())
                .toList();
        List<String> winners = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            if (updates.get(i)
                    .handle((done, failure) -> failure == null)
                    .orTimeout(20, TimeUnit.SECONDS)
                    .join()) {
                winners.add(values.get(i));
            }
        }
        assertThat(winners).hasSize(1);
        is(id, winners.get(0), 1);
    }

    @Test
    @SuppressWarnings("deprecation")
    default void state_is_deleted_without_a_revision() {
        needs(Capability.DELETES_STATE_WITHOUT_A_REVISION);
        String id = newPersistenceId();
        upsert(id, 1, "one", "tag");
        await(states().deleteObject(id));
        assertThat(get(id).value()).isEmpty();
    }

    @Test
    default void state_is_serialized_by_the_serializer_bound_to_it_which_knows_the_system() {
        needs(Capability.SERIALIZES_STATE);
        Address address = new Address(Adapter.toClassic(kit().createTestProbe().ref()));
        String id = newPersistenceId();
        upsert(id, 1, address, "tag");
        assertThat(get(id).value().orElseThrow()).isEqualTo(address).isNotSameAs(address);
    }

    @Test
    default void state_that_cannot_be_serialized_is_not_stored() {
        needs(Capability.SERIALIZES_STATE);
        String id = newPersistenceId();
        upsert(id, 1, "one", "tag");
        assertThatThrownBy(() -> upsert(id, 2, new Object(), "tag")).hasCauseInstanceOf(Exception.class);
        is(id, "one", 1);
    }

    private List<String> page(Optional<String> after, long limit) {
        DurableStateStorePagedPersistenceIdsQuery<?> paged = store(DurableStateStorePagedPersistenceIdsQuery.class);
        return await(paged.currentPersistenceIds(after, limit).runWith(Sink.seq(), kit().system()));
    }

    @Test
    default void the_ids_of_entities_with_state_come_in_pages() {
        needs(Capability.PAGES_PERSISTENCE_IDS_OF_STATE);
        List<String> stored = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            stored.add(newPersistenceId());
            upsert(stored.get(i), 1, "state", "tag");
        }
        List<String> paged = new ArrayList<>();
        for (List<String> page = page(Optional.empty(), 3);
                !page.isEmpty();
                page = page(Optional.of(page.get(page.size() - 1)), 3)) {
            assertThat(page).hasSizeLessThanOrEqualTo(3);
            paged.addAll(page);
        }
        assertThat(paged).doesNotHaveDuplicates().containsAll(stored);
        assertThat(page(Optional.empty(), Long.MAX_VALUE)).containsExactlyInAnyOrderElementsOf(paged);
    }
}
