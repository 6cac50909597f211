package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.Links.Follower;
import dev.varve.cluster.Links.Standing;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Connections are made anew to nodes that do not answer, to no others, and not all the time. */
class LinksTest {
    private static final List<String> OTHERS = List.of("a", "b");
    private static final Standing LED = new Standing(true, 5, List.of());
    private static final Standing LED_BY_ANOTHER = new Standing(true, 6, List.of());
    private static final Standing LEADERLESS = new Standing(false, 5, List.of());

    private final Links links = new Links(node -> {});

    @AfterEach
    void close() {
        links.close();
    }

    private static Follower heard(String node, long millisAgo) {
        return new Follower(node, millisAgo, 7, false);
    }

    private static Follower behind(String node, long lastEntry) {
        return new Follower(node, 0, lastEntry, true);
    }

    private static Standing leading(Follower... followers) {
        return new Standing(true, 5, List.of(followers));
    }

    private Set<String> due(long millis, Map<Integer, Standing> groups) {
        return links.due(OTHERS, groups, TimeUnit.MILLISECONDS.toNanos(millis));
    }

    private Set<String> due(long millis, Standing group) {
        return due(millis, Map.of(0, group));
    }

    @Test
    void a_follower_that_is_silent_gets_new_connections_and_others_only_after_a_while() {
        Standing group = leading(heard("a", 3_000), heard("b", 2_999));
        assertThat(due(0, group)).containsExactly("a");
        assertThat(due(Links.AGAIN_MILLIS - 1, group)).isEmpty();
        assertThat(due(Links.AGAIN_MILLIS, group)).containsExactly("a");
    }

    @Test
    void a_node_that_answers_to_one_group_keeps_the_connections_that_it_shares_with_all() {
        Standing first = leading(heard("a", 9_000), heard("b", 0));
        Standing second = leading(heard("a", 50), heard("b", 9_000));
        assertThat(due(0, Map.of(0, first, 1, second))).isEmpty();
    }

    @Test
    void a_follower_that_answers_and_gets_no_entry_is_stuck() {
        assertThat(due(0, leading(behind("a", 7), heard("b", 0)))).isEmpty();
        assertThat(due(2_999, leading(behind("a", 7), heard("b", 0)))).isEmpty();
        assertThat(due(3_000, leading(behind("a", 7), heard("b", 0)))).containsExactly("a");
        assertThat(due(4_000, leading(behind("a", 7), heard("b", 0)))).isEmpty();
        assertThat(due(5_000, leading(behind("a", 8), heard("b", 0)))).isEmpty();
    }

    @Test
    void a_follower_that_lags_is_not_stuck_nor_one_that_gets_the_entries_of_another_group() {
        for (int second = 0; second < 20; second++) {
            assertThat(due(1_000 * second, leading(behind("a", second), heard("b", 0))))
                    .isEmpty();
        }
        for (int second = 20; second < 40; second++) {
            assertThat(due(1_000 * second, Map.of(0, leading(behind("a", 7)), 1, leading(behind("a", second)))))
                    .isEmpty();
        }
    }

    @Test
    void without_a_leader_all_get_new_connections_and_once_more_when_one_is_back() {
        assertThat(due(0, LEADERLESS)).isEmpty();
        assertThat(due(2_999, LEADERLESS)).isEmpty();
        assertThat(due(3_000, LEADERLESS)).containsExactlyInAnyOrder("a", "b");
        assertThat(due(4_000, LEADERLESS)).isEmpty();
        assertThat(due(5_000, LED)).containsExactlyInAnyOrder("a", "b");
        assertThat(due(6_000, LED)).isEmpty();
    }

    @Test
    void who_answers_as_a_follower_elsewhere_keeps_connections_when_a_group_has_no_leader() {
        due(0, LEADERLESS);
        assertThat(due(3_000, Map.of(0, LEADERLESS, 1, leading(heard("a", 0), heard("b", 9_000)))))
                .containsExactly("b");
    }

    @Test
    void after_each_election_however_soon_it_was_over_the_leader_is_asked_over_new_connections() {
        assertThat(due(0, LED)).isEmpty();
        assertThat(due(1_000, LEADERLESS)).isEmpty();
        assertThat(due(2_000, LED)).containsExactlyInAnyOrder("a", "b");
        assertThat(due(3_000, LED_BY_ANOTHER)).containsExactlyInAnyOrder("a", "b");
        assertThat(due(4_000, LED_BY_ANOTHER)).isEmpty();
    }

    @Test
    void who_is_elected_changes_no_connection_to_those_who_answer() {
        assertThat(due(0, LED)).isEmpty();
        assertThat(due(1_000, LEADERLESS)).isEmpty();
        assertThat(due(2_000, new Standing(true, 6, List.of(heard("a", 0), heard("b", 0)))))
                .isEmpty();
    }
}
