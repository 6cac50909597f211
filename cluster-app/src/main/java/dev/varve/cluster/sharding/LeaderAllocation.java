package dev.varve.cluster.sharding;

import java.util.Comparator;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.cluster.sharding.ShardCoordinator.AbstractShardAllocationStrategy;
import scala.collection.immutable.IndexedSeq;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;

/**
 * Puts a shard, which is a Raft group, on the node that leads the group, and has it moved when another one does. This is for speed only:
 * an entity passes on to the leader what it is asked, wherever it is. So when the leader is not known for a while, or its node takes no
 * part in sharding, the shard goes to any node that does, and is moved later.
 *
 * <p>Every member has one, that of the coordinator is asked. What it is given may be out of date; it answers with regions that it was
 * given only, and the coordinator takes none that has gone meanwhile. Any thread; never blocks.
 */
final class LeaderAllocation extends AbstractShardAllocationStrategy {
    /** How many shards are under way to another node at once. */
    static final int MAX_MOVING = 16;

    private static final long GRACE_MILLIS = 1_000;
    private static final long RETRY_MILLIS = 100;

    private final Leaders leaders;
    private final Members members;

    /** Who leads the groups, as this member's node sees it. */
    interface Leaders {
        /** The ids of the nodes that lead, by the numbers of the groups; those of which it is not known are missing. */
        Map<String, String> byShard();
    }

    /** The members of the cluster, as this one sees them. */
    interface Members {
        /** The id of the node at the member whose region this is, if that member is up and reachable. */
        Optional<String> nodeOf(ActorRef region);

        /** Whether nobody is joining or unreachable: all have to agree before a shard moves. */
        boolean areSettled();
    }

    LeaderAllocation(Leaders leaders, Members members) {
        this.leaders = leaders;
        this.members = members;
    }

    @Override
    public Future<ActorRef> allocateShard(
            ActorRef requester, String shardId, Map<ActorRef, IndexedSeq<String>> allocations) {
        CompletableFuture<ActorRef> place = new CompletableFuture<>();
        Set<ActorRef> regions = Set.copyOf(allocations.keySet());
        long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GRACE_MILLIS);
        place(place, shardId, requester, regions, deadlineNanos);
        return FutureConverters.asScala(place);
    }

    private void place(
            CompletableFuture<ActorRef> place,
            String shardId,
            ActorRef requester,
            Set<ActorRef> regions,
            long deadlineNanos) {
        Optional<ActorRef> best = leaderOf(shardId, leaders.byShard(), regions);
        if (best.isPresent()) {
            place.complete(best.get());
        } else if (System.nanoTime() - deadlineNanos < 0) {
            // Not a failed future: the coordinator would log an error each time, and elections are no error.
            Executor later = CompletableFuture.delayedExecutor(RETRY_MILLIS, TimeUnit.MILLISECONDS);
            later.execute(() -> place(place, shardId, requester, regions, deadlineNanos));
        } else {
            anywhere(requester, regions)
                    .ifPresentOrElse(
                            place::complete,
                            () -> place.completeExceptionally(new IllegalStateException(
                                    "no member that has a node of varve is up and reachable; it is tried again")));
        }
    }

    /** The region at the node that leads, if it can take the shard. */
    private Optional<ActorRef> leaderOf(String shard, Map<String, String> byShard, Set<ActorRef> regions) {
        String node = byShard.get(shard);
        return node == null
                ? Optional.empty()
                : regions.stream()
                        .filter(region ->
                                members.nodeOf(region).filter(node::equals).isPresent())
                        .findAny();
    }

    /** Where it was asked for, if that can be, else always the same one. */
    private Optional<ActorRef> anywhere(ActorRef requester, Set<ActorRef> regions) {
        if (regions.contains(requester) && members.nodeOf(requester).isPresent()) {
            return Optional.of(requester);
        }
        return regions.stream()
                .filter(region -> members.nodeOf(region).isPresent())
                .min(Comparator.comparing(region -> members.nodeOf(region).orElse("")));
    }

    @Override
    public Future<Set<String>> rebalance(Map<ActorRef, IndexedSeq<String>> allocations, Set<String> inProgress) {
        Set<String> moving = new HashSet<>();
        if (members.areSettled()) {
            Set<ActorRef> regions = allocations.keySet();
            Map<String, String> byShard = leaders.byShard();
            allocations.forEach((region, shards) -> {
                for (String shard : CollectionConverters.asJava(shards)) {
                    if (moving.size() + inProgress.size() < MAX_MOVING
                            && !inProgress.contains(shard)
                            && leaderOf(shard, byShard, regions)
                                    .filter(best -> !best.equals(region))
                                    .isPresent()) {
                        moving.add(shard);
                    }
                }
            });
        }
        return Future.successful(moving);
    }
}
