package dev.varve.cluster;

import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.log.LogException;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is due by the clock. Every replica keeps its logs' house; who leads a group sees to it that the group has the partitions that
 * the topics ask for, as they ask for them, whoever left off half way, and that what is no longer kept goes.
 */
final class Upkeep implements Closeable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Upkeep.class);
    private static final long PERIOD_MILLIS = 1_000;

    /** How long a round that is under way may take when the node is closed. What it does may be broken off at any step. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** A group lists about so many removed topics one by one. */
    private static final int MAX_REMOVED_TOPICS = 100;

    private final ClusterGroups groups;
    private final RaftLogUpkeep raftLogs;
    private final Membership membership;
    private final Links links;
    private final ScheduledExecutorService clock;

    Upkeep(ClusterGroups groups, Membership membership, RaftLogUpkeep raftLogs, Links links) {
        this.groups = groups;
        this.raftLogs = raftLogs;
        this.membership = membership;
        this.links = links;
        this.clock = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "varve-cluster-upkeep");
            thread.setDaemon(true);
            return thread;
        });
        clock.scheduleWithFixedDelay(this::roundWhateverHappens, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void roundWhateverHappens() {
        try {
            round();
        } catch (RuntimeException | Error e) {
            // The clock would end in silence.
            LOGGER.error("Nobody foresaw this; upkeep goes on with the next round", e);
        }
    }

    private void round() {
        keepLinks();
        keepRaftLog(groups.topics());
        groups.partitions().forEach(this::keepRaftLog);
        try {
            membership.round();
        } catch (IOException | RuntimeException | Error e) {
            LOGGER.warn("The nodes of the cluster, to be looked at again: {}", e.toString());
        }
        for (RaftGroupOnNode<GroupState> group : groups.partitions()) {
            group.state().replicas().forEach(Upkeep::keepHouse);
            try {
                if (group.isLeading()) {
                    reconcile(group);
                }
            } catch (LogException.Closed e) {
                LOGGER.debug("Upkeep of group {}, to be tried again: {}", group.number(), e.toString());
            } catch (RuntimeException | Error e) {
                LOGGER.warn("Upkeep of group {}, to be tried again", group.number(), e);
            }
        }
    }

    /** What is wrong with one log is no reason for the others to wait. */
    static void keepHouse(Replica replica) {
        try {
            replica.log().housekeep();
        } catch (LogException.Closed e) {
            // It is just being closed, deleted or replaced; the next round looks again.
            LOGGER.debug("Upkeep of {}: {}", replica.id(), e.toString());
        } catch (RuntimeException | Error e) {
            LOGGER.warn("Upkeep of {}, to be tried again", replica.id(), e);
        }
    }

    private void keepLinks() {
        try {
            Map<Integer, Links.Standing> standings = new HashMap<>();
            groups.all().forEach(group -> Links.standing(group)
                    .ifPresent(standing -> standings.put(group.number(), standing)));
            List<String> others = groups.charter().members().stream()
                    .map(Member::id)
                    .filter(id -> !id.equals(groups.nodeId()))
                    .toList();
            links.round(others, standings, System.nanoTime());
        } catch (RuntimeException | Error e) {
            LOGGER.warn("Whether other nodes can be reached, to be looked at again: {}", e.toString());
        }
    }

    private void keepRaftLog(RaftGroupOnNode<?> group) {
        try {
            raftLogs.round(group);
        } catch (IOException | RuntimeException | Error e) {
            LOGGER.warn(
                    "The Raft log of group {} is not cut, the next round tries again: {}",
                    group.number(),
                    e.toString());
        }
    }

    private void reconcile(RaftGroupOnNode<GroupState> group) {
        TopicsState topics = groups.topics().state();
        long knownUpTo = topics.knownUpTo();
        Map<PartitionId, Topic> wanted = new HashMap<>();
        for (Topic topic : topics.topics()) {
            for (int partition = 0; partition < topic.partitions(); partition++) {
                if (topic.group(partition) == group.number()) {
                    wanted.put(topic.partition(partition), topic);
                }
            }
        }
        Set<Long> deleted = new HashSet<>();
        for (Replica replica : group.state().replicas()) {
            Topic topic = wanted.remove(replica.id());
            if (topic != null) {
                keep(group, replica, topic);
            } else if (topics.isDeleted(replica.id().topicId())) {
                deleted.add(replica.id().topicId());
            }
        }
        deleted.forEach(topicId -> submit(group, new GroupCommand.Remove(topicId)));
        wanted.forEach((id, topic) -> submit(group, topic.open(id.partition())));
        if (wanted.isEmpty() && group.state().removedTopics() >= MAX_REMOVED_TOPICS) {
            // All topics up to there that have partitions in this group have them by now.
            submit(group, new GroupCommand.Forget(knownUpTo));
        }
    }

    private void keep(RaftGroupOnNode<GroupState> group, Replica replica, Topic topic) {
        LogSettings settings = LogSettings.of(topic.settings());
        if (!replica.settings().equals(settings)) {
            submit(group, new GroupCommand.Configure(topic.id(), settings));
        }
        if (topic.settings().retentionBytes().isEmpty()
                && topic.settings().retentionMs().isEmpty()) {
            return;
        }
        long start = Retention.logStartOffset(replica.log().describe(), topic.settings(), System.currentTimeMillis());
        if (start > replica.log().logStartOffset()) {
            submit(group, new GroupCommand.DeleteBefore(replica.id(), start));
        }
    }

    private static void submit(RaftGroupOnNode<GroupState> group, GroupCommand command) {
        CompletionStage<byte[]> done = group.writer().submit(command.encode());
        done.whenComplete((result, failure) -> {
            if (failure != null) {
                LOGGER.info("Upkeep of group {}, to be tried again: {}", group.number(), failure.getMessage());
            }
        });
    }

    @Override
    public void close() {
        clock.shutdown();
        try {
            if (!clock.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOGGER.warn("A round of upkeep has not ended within {}; the node is closed all the same", PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        links.close();
    }
}
