package dev.varve.cluster.formation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.Charter;
import dev.varve.cluster.Member;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class FormationRulesTest {
    private static final UUID CLUSTER = new UUID(1, 2);
    private static final Charter CHARTER = Charter.found(
            CLUSTER,
            4,
            List.of(node("a").asMember(), node("b").asMember(), node("c").asMember()));

    private static Announcement node(String id) {
        int port = 7_000 + id.charAt(0);
        return new Announcement(
                id,
                "127.0.0.1:" + port,
                "127.0.0.1:" + (port + 100),
                "",
                3,
                4,
                Optional.empty(),
                Optional.empty(),
                false);
    }

    private static Announcement wanting(Announcement node, int replicationFactor, int groups) {
        return new Announcement(
                node.nodeId(),
                node.raft(),
                node.cluster(),
                node.http(),
                replicationFactor,
                groups,
                node.replaces(),
                node.charter(),
                node.isBegun());
    }

    private static Announcement of(Announcement node, Charter charter) {
        return new Announcement(
                node.nodeId(),
                node.raft(),
                node.cluster(),
                node.http(),
                charter.replicationFactor(),
                charter.groups(),
                node.replaces(),
                Optional.of(charter),
                true);
    }

    private static Announcement notBegun(Announcement node) {
        return new Announcement(
                node.nodeId(), node.raft(), node.cluster(), "", 3, 4, Optional.empty(), node.charter(), false);
    }

    private static Announcement replacing(Announcement node, String id) {
        return new Announcement(
                node.nodeId(), node.raft(), node.cluster(), "", 3, 4, Optional.of(id), Optional.empty(), false);
    }

    private static Announcement at(Announcement node, Announcement other) {
        return new Announcement(
                node.nodeId(), other.raft(), node.cluster(), "", 3, 4, Optional.empty(), Optional.empty(), false);
    }

    private static Verdict decide(Announcement self, Announcement... heard) {
        return FormationRules.decide(self, Arrays.asList(heard), true);
    }

    private static String why(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Wait.class);
        return ((Verdict.Wait) verdict).why();
    }

    // Making one.

    @Test
    void the_oldest_makes_a_cluster_of_itself_and_others_as_soon_as_there_are_enough() {
        assertThat(why(decide(node("a"), node("b"))))
                .contains("waiting for 1 more node")
                .contains("b (127.0.0.1:7198)");
        assertThat(decide(node("a"), node("b"), node("c")))
                .isEqualTo(new Verdict.Found(List.of(
                        node("a").asMember(), node("b").asMember(), node("c").asMember())));
        assertThat(((Verdict.Found) decide(node("d"), node("a"), node("b"), node("c"))).founders())
                .as("itself, whoever else comes first")
                .hasSize(3)
                .contains(node("d").asMember());
    }

    @Test
    void nobody_but_the_oldest_makes_a_cluster() {
        assertThat(why(FormationRules.decide(node("a"), List.of(node("b"), node("c")), false)))
                .contains("the oldest node");
    }

    @Test
    void nodes_that_want_different_things_make_no_cluster_together_and_say_so() {
        for (Announcement other : List.of(wanting(node("c"), 5, 4), wanting(node("c"), 3, 8))) {
            assertThat(why(decide(node("a"), node("b"), other)))
                    .contains("waiting for 1 more node")
                    .contains("c (127.0.0.1:7199) wants a replication factor of " + other.replicationFactor() + " and "
                            + other.groups() + " groups, this node 3 and 4");
        }
    }

    @Test
    void nodes_that_say_they_are_at_the_same_address_make_no_cluster() {
        assertThat(why(decide(node("a"), node("b"), at(node("c"), node("b")))))
                .contains("nodes b and c both say that --raft 127.0.0.1:7098");
    }

    // Belonging to one.

    @Test
    void a_node_that_a_cluster_counts_on_belongs_to_it_whoever_tells_and_makes_no_other() {
        assertThat(decide(node("a"), of(node("c"), CHARTER), node("b"), node("d")))
                .isEqualTo(new Verdict.Join(CHARTER));
        Charter later = new Charter(CLUSTER, 7, 4, CHARTER.members(), List.of());
        assertThat(decide(node("a"), of(node("b"), CHARTER), of(node("c"), later)))
                .as("the latest that is known")
                .isEqualTo(new Verdict.Join(later));
    }

    @Test
    void a_node_that_belongs_to_a_cluster_makes_no_other_and_joins_no_other() {
        Charter other = Charter.found(
                new UUID(3, 4),
                4,
                List.of(node("a").asMember(), node("x").asMember(), node("y").asMember()));
        Verdict verdict = decide(of(node("a"), CHARTER), of(node("x"), other), node("d"), node("e"));
        assertThat(verdict).isInstanceOfSatisfying(Verdict.Belongs.class, belongs -> assertThat(belongs.warning())
                .contains("belong to another cluster")
                .contains("x (127.0.0.1:7220)"));
        assertThat(decide(of(node("a"), CHARTER), node("b"), node("c"))).isEqualTo(new Verdict.Belongs(List.of(), ""));
    }

    @Test
    void a_cluster_begins_when_all_that_it_is_made_of_belong_to_it_or_one_of_them_says_that_it_has() {
        Announcement a = notBegun(of(node("a"), CHARTER));
        Announcement b = notBegun(of(node("b"), CHARTER));
        Announcement c = notBegun(of(node("c"), CHARTER));
        assertThat(why(decide(a, b, node("c")))).contains("begins when all of its 3 nodes know, of which there are 2");
        assertThat(decide(a, b, c)).isEqualTo(new Verdict.Begin());
        assertThat(decide(a, of(node("b"), CHARTER))).isEqualTo(new Verdict.Begin());
    }

    @Test
    void of_two_that_were_made_of_the_same_nodes_at_the_same_time_one_goes_before_the_other() {
        Charter other = Charter.found(new UUID(0, 4), 4, CHARTER.members());
        Announcement mine = notBegun(of(node("a"), CHARTER));
        Announcement before = notBegun(of(node("b"), other));
        assertThat(decide(mine, before)).isEqualTo(new Verdict.Join(other));
        assertThat(why(decide(before, mine))).contains("begins when all");
        assertThat(decide(of(node("a"), CHARTER), before))
                .as("one that works is never left")
                .isInstanceOf(Verdict.Belongs.class);
    }

    @Test
    void a_cluster_that_a_node_it_counted_on_did_not_wait_for_never_begins() {
        Charter other = Charter.found(
                new UUID(3, 4),
                4,
                List.of(node("c").asMember(), node("x").asMember(), node("y").asMember()));
        assertThat(why(decide(
                        notBegun(of(node("a"), CHARTER)), notBegun(of(node("b"), CHARTER)), of(node("c"), other))))
                .contains("never will")
                .contains("c (127.0.0.1:7199)")
                .contains("Nothing was ever stored");
    }

    @Test
    void a_node_that_lost_its_directory_before_the_cluster_began_is_told_of_and_what_to_do() {
        Announcement a = notBegun(of(node("a"), CHARTER));
        Announcement b = notBegun(of(node("b"), CHARTER));
        Announcement forgetful = at(node("x"), node("c"));
        assertThat(why(decide(a, b, forgetful)))
                .contains("x (127.0.0.1:7220) instead of c")
                .contains("nothing was ever stored in it")
                .contains("start them all with empty directories");
        assertThat(why(decide(a, b, node("x")))).as("it is somewhere else").doesNotContain("instead of");
        assertThat(why(decide(forgetful, a, b)))
                .contains("node c")
                .contains("no node here has begun to work")
                .doesNotContain("as soon as a majority");
    }

    @Test
    void a_node_that_lost_its_directory_when_others_may_have_begun_throws_nothing_away() {
        Announcement a = notBegun(of(node("a"), CHARTER));
        Announcement forgetful = at(node("x"), node("c"));
        assertThat(why(decide(a, forgetful)))
                .contains("x (127.0.0.1:7220) instead of c")
                .contains("Start the nodes that are missing")
                .doesNotContain("nothing was ever stored");
    }

    @Test
    void a_node_that_is_one_too_many_is_told_so_and_what_it_may_do() {
        assertThat(why(decide(node("d"), of(node("b"), CHARTER))))
                .contains("is complete")
                .contains("a (raft 127.0.0.1:7097)")
                .contains("cannot grow yet")
                .contains("--replace");
    }

    @Test
    void a_node_that_wants_other_settings_than_a_cluster_has_is_refused() {
        assertThat(why(decide(wanting(at(node("d"), node("a")), 3, 8), of(node("b"), CHARTER))))
                .contains("a replication factor of 3 and 4 groups, which are fixed; this node was told 3 and 8");
        assertThat(decide(of(node("b"), CHARTER), wanting(at(node("d"), node("a")), 3, 8)))
                .isEqualTo(new Verdict.Belongs(List.of(), ""));
    }

    // Taking a place.

    @Test
    void a_node_at_the_address_of_another_or_told_to_replace_it_comes_for_its_place() {
        for (Announcement newcomer : List.of(at(node("d"), node("a")), replacing(node("d"), "a"))) {
            assertThat(decide(of(node("b"), CHARTER), newcomer))
                    .isEqualTo(new Verdict.Belongs(List.of(new Verdict.Replacement("a", newcomer.asMember())), ""));
            assertThat(why(decide(newcomer, of(node("b"), CHARTER)))).contains("to take the place of node a");
        }
    }

    @Test
    void a_node_that_is_to_replace_one_that_is_not_there_is_told_so() {
        assertThat(why(decide(replacing(at(node("d"), node("a")), "nobody"), of(node("b"), CHARTER))))
                .contains("it has no node nobody");
        assertThat(decide(of(node("b"), CHARTER), replacing(at(node("d"), node("a")), "nobody")))
                .as("what it was told goes before where it is")
                .isEqualTo(new Verdict.Belongs(List.of(), ""));
        assertThat(why(decide(replacing(node("e"), "a"), of(node("b"), replaced()))))
                .contains("the place of node a was taken by node d");
    }

    private static Charter replaced() {
        List<Member> members = new ArrayList<>();
        Announcement d = node("d");
        members.add(new Member("d", d.raft(), d.cluster(), "", 1));
        members.add(node("b").asMember());
        members.add(node("c").asMember());
        return new Charter(
                CLUSTER, 1, 4, members, List.of(new Charter.Retired(node("a").asMember(), "d")));
    }

    @Test
    void a_node_whose_place_was_taken_is_gone_for_ever() {
        assertThat(decide(of(node("a"), CHARTER), of(node("b"), replaced()), of(node("c"), CHARTER)))
                .isEqualTo(new Verdict.Gone(replaced(), "d"));
        assertThat(decide(of(node("a"), replaced()))).isEqualTo(new Verdict.Gone(replaced(), "d"));
        assertThat(decide(of(node("d"), replaced()), of(node("a"), CHARTER)))
                .isEqualTo(new Verdict.Belongs(List.of(), ""));
    }
}
