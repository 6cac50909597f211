package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class MovesTest {
    private static final Charter FIRST = Charter.found(new UUID(1, 2), 4, List.of(node("a"), node("b"), node("c")));
    private static final Charter SECOND = FIRST.replace("a", node("d"));
    private static final Charter THIRD = SECOND.replace("d", node("e"));

    private static Member node(String id) {
        return Member.founder(id, "127.0.0.1:" + (7_000 + id.charAt(0)), "", "");
    }

    private static Moves at(String... ids) {
        return new Moves(Set.of(ids), Set.of());
    }

    @Test
    void a_group_follows_the_charter_from_wherever_an_older_one_had_it() {
        assertThat(at("a", "b", "c").areDue(FIRST)).isFalse();
        assertThat(at("a", "b", "c").areDue(SECOND)).isTrue();
        assertThat(at("a", "b", "c").areDue(THIRD)).isTrue();
        assertThat(at("d", "b", "c").areDue(THIRD)).isTrue();
    }

    @Test
    void who_knows_an_old_charter_only_does_not_bring_a_group_back() {
        assertThat(at("d", "b", "c").areDue(FIRST)).isFalse();
        assertThat(at("e", "b", "c").areDue(FIRST)).isFalse();
        assertThat(at("e", "b", "c").areDue(SECOND)).isFalse();
    }

    @Test
    void a_group_that_moves_is_left_alone_and_is_not_done() {
        Moves moving = new Moves(Set.of("d", "b", "c"), Set.of("a", "b", "c"));
        assertThat(moving.areDue(SECOND)).isFalse();
        assertThat(moving.areDone(SECOND)).isFalse();
        assertThat(at("d", "b", "c").areDone(SECOND)).isTrue();
        assertThat(at("a", "b", "c").areDone(SECOND)).isFalse();
    }

    @Test
    void of_two_replacements_that_were_asked_for_of_one_charter_one_comes_about() {
        Member second = new Member("d", "127.0.0.1:7100", "", "", FIRST.version() + 1);
        Member third = new Member("e", "127.0.0.1:7101", "", "", FIRST.version() + 1);
        Charter once = FIRST.replace("a", second);
        assertThat(once.member("d")).contains(second);
        assertThat(once.replace("b", third))
                .as("it was meant for a charter that is not any more")
                .isEqualTo(once);
    }
}
