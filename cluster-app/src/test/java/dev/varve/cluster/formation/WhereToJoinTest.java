package dev.varve.cluster.formation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.Charter;
import dev.varve.cluster.Member;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Whom a node joins, and when it leaves those that it has joined. */
class WhereToJoinTest {
    private static final Charter CHARTER = Charter.found(
            new UUID(1, 2),
            4,
            List.of(
                    Member.founder("a", "h:1", "h:11", ""),
                    Member.founder("b", "h:2", "h:12", ""),
                    Member.founder("c", "h:3", "h:13", "")));

    private static List<String> plan(String self, String own, String leader, boolean isOverdue) {
        return JoinPlan.ofMember(CHARTER, self, own, Optional.ofNullable(leader), isOverdue);
    }

    @Test
    void a_node_without_a_cluster_joins_its_seeds_and_begins_if_it_has_none() {
        assertThat(JoinPlan.ofNewcomer("h:11", List.of("h:12", "h:13"))).containsExactly("h:12", "h:13");
        assertThat(JoinPlan.ofNewcomer("h:11", List.of())).containsExactly("h:11");
    }

    @Test
    void a_node_joins_where_the_topics_are_led_and_who_leads_begins_when_nobody_answers() {
        assertThat(plan("a", "h:11", "b", false)).containsExactly("h:12");
        assertThat(plan("b", "h:12", "b", false)).containsExactly("h:12", "h:11", "h:13");
    }

    @Test
    void while_nobody_leads_it_waits_for_a_while_and_then_goes_by_the_charter() {
        assertThat(plan("b", "h:12", null, false)).isEmpty();
        assertThat(plan("b", "h:99", null, true)).containsExactly("h:11", "h:99", "h:13");
    }

    private static View view(String... nodeIds) {
        return new View(true, false, Set.of(), Set.of(nodeIds), Set.of(nodeIds));
    }

    private static final long SECOND = 1_000_000_000L;

    @Test
    void who_misses_the_leader_for_long_leaves_and_goes_there() {
        Islands islands = new Islands(Duration.ofSeconds(10));
        Optional<String> leader = Optional.of("b");
        Optional<String> there = Optional.of("h:12");
        assertThat(islands.ofMember("a", view("a", "c"), leader, there, 0)).isEmpty();
        assertThat(islands.ofMember("a", view("a", "c"), leader, there, 9 * SECOND))
                .isEmpty();
        assertThat(islands.ofMember("a", view("a", "c"), leader, there, 10 * SECOND))
                .contains("h:12");
    }

    @Test
    void who_sees_the_leader_now_and_then_stays_and_so_does_the_leader_itself() {
        Islands islands = new Islands(Duration.ofSeconds(10));
        Optional<String> there = Optional.of("h:12");
        islands.ofMember("a", view("a"), Optional.of("b"), there, 0);
        islands.ofMember("a", view("a", "b"), Optional.of("b"), there, 9 * SECOND);
        assertThat(islands.ofMember("a", view("a"), Optional.of("b"), there, 12 * SECOND))
                .isEmpty();
        Islands own = new Islands(Duration.ofSeconds(10));
        own.ofMember("b", view("b"), Optional.of("b"), there, 0);
        assertThat(own.ofMember("b", view("b"), Optional.of("b"), there, 60 * SECOND))
                .isEmpty();
        assertThat(own.ofMember("b", view("b"), Optional.empty(), Optional.empty(), 120 * SECOND))
                .isEmpty();
    }

    private static Announcement newcomer(String id, int port, Charter charter) {
        return new Announcement(
                id,
                "h:" + port,
                "h:1" + port,
                "",
                3,
                4,
                Optional.empty(),
                Optional.ofNullable(charter),
                charter != null);
    }

    @Test
    void of_nodes_without_a_cluster_that_hear_of_each_other_from_afar_one_goes_to_the_other() {
        Announcement one = newcomer("x", 5, null);
        Announcement other = newcomer("y", 6, null);
        Islands ofOne = new Islands(Duration.ofSeconds(10));
        Islands ofOther = new Islands(Duration.ofSeconds(10));
        for (long now : new long[] {0, 10 * SECOND}) {
            assertThat(ofOne.ofNewcomer(one, view("x"), List.of(other), now)).isEmpty();
        }
        ofOther.ofNewcomer(other, view("y"), List.of(one), 0);
        assertThat(ofOther.ofNewcomer(other, view("y"), List.of(one), 10 * SECOND))
                .contains("h:15");
    }

    @Test
    void a_node_without_a_cluster_goes_to_one_that_it_hears_of_from_afar() {
        Announcement one = newcomer("x", 5, null);
        Announcement member = newcomer("c", 9, CHARTER);
        Islands islands = new Islands(Duration.ofSeconds(10));
        islands.ofNewcomer(one, view("x"), List.of(member), 0);
        assertThat(islands.ofNewcomer(one, view("x"), List.of(member), 10 * SECOND))
                .contains("h:19");
    }
}
