package dev.varve.cluster;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has connections to nodes that do not answer made anew. What was sent into a cut TCP sends again after pauses that double, so when the cut is over
 * it is silent for about as long as the cut was, up to two minutes; and Ratis 3.3.0 waits for it, for it does not look whether a connection is
 * alive. A new connection finds the other node within seconds.
 *
 * <p>A node that leads a group knows who answers. Entries go over another connection than heartbeats, so a node may be heard all the time, and get
 * no entry. A node that does not lead knows only that there is no leader; whoever it asked for a vote meanwhile may be behind such a connection,
 * also when a leader is back, or another one leads, which it will have to ask. {@link #round} is for one thread.
 */
final class Links implements Closeable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Links.class);

    static final long SILENCE_MILLIS = 3_000;

    /** A new connection gets so long before it is given up in its turn. TCP has tried it four times by then, the last two 4 s apart. */
    static final long AGAIN_MILLIS = 10_000;

    private final Consumer<String> renew;
    private final ExecutorService executor;
    private final Set<String> underWay = ConcurrentHashMap.newKeySet();
    private final Map<String, Long> renewedNanos = new HashMap<>();
    /** Since when a group has no leader that this node knows of. */
    private final Map<Integer, Long> leaderlessNanos = new HashMap<>();

    /** The last term of a group in which this node knew of a leader. */
    private final Map<Integer, Long> ledTerms = new HashMap<>();

    private Map<Replica, Progress> progress = new HashMap<>();

    /** What this node knows of a group: whether somebody leads it, in which term, and, if this node does, how the others do. */
    record Standing(boolean hasLeader, long term, List<Follower> followers) {}

    /**
     * Another node in a group that this one leads.
     *
     * @param silentMillis since it answered last
     * @param lastEntry the last entry that it is known to have
     * @param misses whether this node has entries for it
     */
    record Follower(String node, long silentMillis, long lastEntry, boolean misses) {}

    private record Replica(int group, String node) {}

    /** Since when a replica that misses entries has had none. */
    private record Progress(long lastEntry, long sinceNanos) {}

    /** @param renew has the connections to a node made anew; may block for seconds */
    Links(Consumer<String> renew) {
        this.renew = renew;
        this.executor = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "varve-raft-links");
            thread.setDaemon(true);
            return thread;
        });
    }

    static Links of(RaftServer server) {
        // Who is told to connect anew does not look at the exception.
        return new Links(node -> server.getServerRpc().handleException(RaftPeerId.valueOf(node), null, true));
    }

    /** How a group is doing, if this node takes part in it. */
    static Optional<Standing> standing(RaftGroupOnNode<?> group) {
        try {
            RaftServer.Division division =
                    group.server().getDivision(group.raft().getGroupId());
            return division.getInfo().isAlive() ? Optional.of(standing(division)) : Optional.empty();
        } catch (IOException | IllegalStateException e) {
            // Closed, for an entry could not be applied; or, as Ratis says it, just stepping down.
            LOGGER.debug("How group {} is doing cannot be told now", group.number(), e);
            return Optional.empty();
        }
    }

    private static Standing standing(RaftServer.Division division) {
        RoleInfoProto role = division.getInfo().getRoleInfoProto();
        List<ServerRpcProto> heard = role.getLeaderInfo().getFollowerInfoList();
        long[] lastEntries = division.getInfo().getFollowerMatchIndices();
        RaftLog log = division.getRaftLog();
        List<Follower> followers = new ArrayList<>();
        // Both are in the same order, unless the group is changing just now.
        for (int i = 0; lastEntries != null && lastEntries.length == heard.size() && i < lastEntries.length; i++) {
            long next = lastEntries[i] + 1;
            followers.add(new Follower(
                    heard.get(i).getId().getId().toStringUtf8(),
                    heard.get(i).getLastRpcElapsedTimeMs(),
                    lastEntries[i],
                    next >= log.getStartIndex() && next < log.getNextIndex()));
        }
        boolean hasLeader = role.getRole() == RaftPeerRole.LEADER
                || !role.getFollowerInfo().getLeaderInfo().getId().getId().isEmpty();
        return new Standing(hasLeader, division.getInfo().getCurrentTerm(), followers);
    }

    /**
     * To be called about once a second.
     *
     * @param others the other nodes of the cluster
     * @param groups those in which this node takes part, by their numbers
     */
    void round(Collection<String> others, Map<Integer, Standing> groups, long nowNanos) {
        due(others, groups, nowNanos).forEach(this::renew);
    }

    /** The nodes to which connections are to be made anew now. All groups share them: what comes through for one of them speaks for all. */
    Set<String> due(Collection<String> others, Map<Integer, Standing> groups, long nowNanos) {
        Set<String> answering = new HashSet<>();
        Set<String> silent = new HashSet<>();
        Set<String> taking = new HashSet<>();
        Set<String> stuck = new HashSet<>();
        Map<Replica, Progress> now = new HashMap<>();
        groups.forEach((group, standing) -> standing.followers().forEach(follower -> {
            boolean isAnswering = follower.silentMillis() < SILENCE_MILLIS;
            (isAnswering ? answering : silent).add(follower.node());
            if (follower.misses() && isAnswering) {
                Replica replica = new Replica(group, follower.node());
                Progress before = progress.get(replica);
                boolean isSame = before != null && before.lastEntry() == follower.lastEntry();
                Progress here = isSame ? before : new Progress(follower.lastEntry(), nowNanos);
                now.put(replica, here);
                (isPast(here.sinceNanos(), SILENCE_MILLIS, nowNanos) ? stuck : taking).add(follower.node());
            }
        }));
        progress = now;
        silent.removeAll(answering);
        stuck.removeAll(taking);
        boolean isLeaderMissing = false;
        boolean isLeaderBack = false;
        leaderlessNanos.keySet().retainAll(groups.keySet());
        ledTerms.keySet().retainAll(groups.keySet());
        for (Map.Entry<Integer, Standing> each : groups.entrySet()) {
            boolean hasLeader = each.getValue().hasLeader();
            Long since = hasLeader
                    ? leaderlessNanos.remove(each.getKey())
                    : leaderlessNanos.computeIfAbsent(each.getKey(), group -> nowNanos);
            isLeaderMissing |= !hasLeader && isPast(since, SILENCE_MILLIS, nowNanos);
            if (hasLeader) {
                Long before = ledTerms.put(each.getKey(), each.getValue().term());
                isLeaderBack |= since != null
                        || (before != null && before != each.getValue().term());
            }
        }
        Set<String> due = new HashSet<>();
        for (String node : others) {
            boolean isUnknown = (isLeaderMissing || isLeaderBack) && !answering.contains(node);
            Long last = renewedNanos.get(node);
            if ((silent.contains(node) || stuck.contains(node) || isUnknown)
                    && (last == null || isLeaderBack || isPast(last, AGAIN_MILLIS, nowNanos))) {
                renewedNanos.put(node, nowNanos);
                due.add(node);
            }
        }
        renewedNanos.keySet().retainAll(others);
        return due;
    }

    private static boolean isPast(long sinceNanos, long millis, long nowNanos) {
        return nowNanos - sinceNanos >= TimeUnit.MILLISECONDS.toNanos(millis);
    }

    /** Giving up connections waits some seconds for what is under way there. */
    private void renew(String node) {
        if (!underWay.add(node)) {
            return;
        }
        try {
            executor.execute(() -> {
                LOGGER.debug("Node {} does not answer; the connections to it are made anew", node);
                try {
                    renew.accept(node);
                } catch (RuntimeException e) {
                    LOGGER.info("The connections to node {} could not be made anew: {}", node, e.toString());
                } finally {
                    underWay.remove(node);
                }
            });
        } catch (RejectedExecutionException e) {
            // The node stops.
            underWay.remove(node);
        }
    }

    @Override
    public void close() {
        executor.shutdown();
    }
}
