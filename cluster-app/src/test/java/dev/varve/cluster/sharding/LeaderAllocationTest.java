package dev.varve.cluster.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import scala.collection.immutable.IndexedSeq;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;

/** Where shards are put, and which are moved. */
class LeaderAllocationTest {
    private static ActorSystem<Void> actorSystem;

    @BeforeAll
    static void startSystem() {
        actorSystem = ActorSystem.create(Behaviors.empty(), "regions");
    }

    private final Map<String, String> leaders = new ConcurrentHashMap<>();
    private final Map<ActorRef, String> usable = new ConcurrentHashMap<>();
    private final Map<ActorRef, IndexedSeq<String>> allocations = new LinkedHashMap<>();
    private volatile boolean settled = true;

    private final LeaderAllocation allocation =
            new LeaderAllocation(() -> Map.copyOf(leaders), new LeaderAllocation.Members() {
                @Override
                public Optional<String> nodeOf(ActorRef region) {
                    return Optional.ofNullable(usable.get(region));
                }

                @Override
                public boolean areSettled() {
                    return settled;
                }
            });

    private final ActorRef n1 = region("n1");
    private final ActorRef n2 = region("n2");
    private final ActorRef n3 = region("n3");

    private ActorRef region(String node) {
        ActorRef region = Adapter.toClassic(actorSystem.systemActorOf(
                Behaviors.empty(), "region-" + node + "-" + System.nanoTime(), Props.empty()));
        usable.put(region, node);
        hold(region);
        return region;
    }

    private void hold(ActorRef region, String... shards) {
        allocations.put(region, CollectionConverters.asScala(List.of(shards)).toIndexedSeq());
    }

    @AfterAll
    static void shutDown() {
        actorSystem.terminate();
    }

    private static <T> T await(Future<T> future) throws ExecutionException {
        try {
            return FutureConverters.asJava(future).toCompletableFuture().get(20, TimeUnit.SECONDS);
        } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private ActorRef place(String shard, ActorRef requester) throws ExecutionException {
        return await(allocation.allocateShard(requester, shard, allocations));
    }

    private Set<String> rebalance(String... inProgress) throws ExecutionException {
        return await(allocation.rebalance(allocations, Set.of(inProgress)));
    }

    @Test
    void a_shard_goes_to_the_leader_whoever_asks() throws Exception {
        leaders.put("0", "n2");
        assertThat(place("0", n1)).isSameAs(n2);
        assertThat(allocation.allocateShard(n1, "0", allocations).isCompleted())
                .as("at once")
                .isTrue();
    }

    @Test
    void an_election_is_waited_for() throws Exception {
        Future<ActorRef> placed = allocation.allocateShard(n1, "0", allocations);
        assertThat(placed.isCompleted()).isFalse();
        leaders.put("0", "n3");
        assertThat(await(placed)).isSameAs(n3);
    }

    @Test
    void without_a_leader_that_takes_part_a_shard_goes_where_it_was_asked_for_or_to_the_first_node() throws Exception {
        assertThat(place("0", n3)).isSameAs(n3);
        leaders.put("0", "n9");
        assertThat(place("0", n3)).isSameAs(n3);
        assertThat(place("0", Adapter.toClassic(actorSystem.deadLetters()))).isSameAs(n1);
    }

    @Test
    void nothing_goes_to_a_member_that_is_not_up_and_reachable() throws Exception {
        leaders.put("0", "n2");
        usable.remove(n2);
        usable.remove(n1);
        assertThat(place("0", n2)).isSameAs(n3);
        usable.clear();
        assertThatThrownBy(() -> place("0", n2)).hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void shards_move_whose_leaders_are_elsewhere_and_can_take_them() throws Exception {
        leaders.putAll(Map.of("0", "n1", "1", "n2", "2", "n3", "3", "n3", "4", "n2"));
        hold(n1, "0", "1", "2", "5");
        hold(n2, "4", "3");
        assertThat(rebalance()).containsExactlyInAnyOrder("1", "2", "3");
        assertThat(rebalance("1")).containsExactlyInAnyOrder("2", "3");
        usable.remove(n3);
        assertThat(rebalance()).containsExactly("1");
    }

    @Test
    void a_region_that_leaves_is_not_among_those_given_and_takes_nothing() throws Exception {
        leaders.putAll(Map.of("0", "n2"));
        allocations.remove(n2);
        hold(n1, "0");
        assertThat(rebalance()).isEmpty();
        assertThat(place("0", n1)).isSameAs(n1);
    }

    @Test
    void nothing_moves_while_somebody_joins_or_is_unreachable() throws Exception {
        leaders.put("0", "n2");
        hold(n1, "0");
        settled = false;
        assertThat(rebalance()).isEmpty();
    }

    @Test
    void only_so_many_move_at_once() throws Exception {
        List<String> shards = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            shards.add(Integer.toString(i));
            leaders.put(Integer.toString(i), "n2");
        }
        hold(n1, shards.toArray(String[]::new));
        assertThat(rebalance()).hasSize(LeaderAllocation.MAX_MOVING);
        assertThat(rebalance("0", "1", "2"))
                .hasSize(LeaderAllocation.MAX_MOVING - 3)
                .doesNotContain("0", "1", "2");
    }
}
