package dev.varve.cluster;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.rpc.CallId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which nodes the cluster has. What counts is in the log of the topics' group; every node keeps its own copy on its disk up to date, and who
 * leads a group sees to it that the group's replicas are on just these nodes, whoever left off half way.
 */
final class Membership {
    private static final Logger LOGGER = LoggerFactory.getLogger(Membership.class);

    static final ClusterError.Unavailable NOT_FOUNDED = new ClusterError.Unavailable(
            "which nodes the cluster has is not in its log yet; nothing was changed. Ask again a little later");

    /** How long a newcomer may take to catch up before it is tried again from where it has got to. */
    private static final long CHANGE_SECONDS = 300;

    private final NodeDirectory directory;
    private final ClusterGroups groups;

    /** What is under way: it is not asked for twice. */
    private final Set<Object> underWay = ConcurrentHashMap.newKeySet();

    private final Leaders leaders;

    private volatile Optional<Addresses> own = Optional.empty();

    private record Addresses(String cluster, String http) {}

    Membership(NodeDirectory directory, ClusterGroups groups) {
        this.directory = directory;
        this.groups = groups;
        this.leaders = new Leaders(groups);
        knowPeers();
    }

    /** Where this node is to be reached; the others are told as soon as they can be. */
    void advertise(String cluster, String http) {
        own = Optional.of(new Addresses(cluster, http));
    }

    /**
     * Has a node take the place of another, unless it has it already. The charter as it is then, which is the one that it was if the cluster has
     * changed meanwhile. One at a time: as long as a group has not followed the last one, what it has may be on the node that went.
     */
    CompletionStage<Charter> replace(String nodeId, Member newcomer) {
        Optional<Charter> agreed = groups.topics().state().charter();
        if (agreed.isEmpty()) {
            return CompletableFuture.failedFuture(new ClusterException(NOT_FOUNDED));
        }
        Charter charter = agreed.get();
        if (charter.member(newcomer.id()).isPresent()) {
            return CompletableFuture.completedFuture(charter);
        }
        Optional<String> moving = notDone(charter);
        if (moving.isPresent()) {
            return CompletableFuture.failedFuture(new ClusterException(new ClusterError.Unavailable("node " + nodeId
                    + " is not replaced yet, for the last replacement is not complete: group " + moving.get()
                    + " is not on " + charter.members().stream().map(Member::id).toList()
                    + ", as far as this node knows. Ask again later")));
        }
        // Of what is asked for by the same charter one comes about: the others carry a version that is over.
        return submit(new TopicsCommand.Replace(
                nodeId,
                new Member(
                        newcomer.id(), newcomer.raft(), newcomer.cluster(), newcomer.http(), charter.version() + 1)));
    }

    /** A group that is not where the charter has it. */
    private Optional<String> notDone(Charter charter) {
        return all().filter(group -> !isDone(group, charter))
                .map(group -> group.number() < 0 ? "topics" : Integer.toString(group.number()))
                .findFirst();
    }

    private static boolean isDone(RaftGroupOnNode<?> group, Charter charter) {
        try {
            return Moves.of(group).areDone(charter);
        } catch (IOException e) {
            LOGGER.debug("Group {} is closed, so where it is is not known", group.number(), e);
            return false;
        }
    }

    /** What is due. */
    void round() throws IOException {
        Optional<Charter> agreed = groups.topics().state().charter();
        if (agreed.isEmpty()) {
            if (groups.topics().isLeading()) {
                // Nothing can have changed since the cluster was made: each change is an entry behind this one.
                once("found", () -> submit(new TopicsCommand.Found(groups.charter())));
            }
            return;
        }
        if (agreed.get().version() > groups.charter().version()) {
            directory.update(agreed.get());
            knowPeers();
        }
        own.ifPresent(addresses -> tellWhere(agreed.get(), addresses));
        if (knowsLatest(agreed.get())) {
            all().filter(RaftGroupOnNode::isLeading).forEach(group -> reconcile(group, agreed.get()));
        }
        all().forEach(leaders::round);
    }

    /** Whether this node takes part in the topics' group, and does not know of a later charter than it has from there. */
    private boolean knowsLatest(Charter agreed) {
        return agreed.version() >= groups.charter().version()
                && groups.topics().state().failure() == null
                && !groups.topics().state().isSwitching()
                && RaftGroupOnNode.info(
                                groups.topics().server(), groups.topics().raft())
                        .isPresent();
    }

    private Stream<RaftGroupOnNode<? extends ReplicatedState>> all() {
        return Stream.concat(Stream.of(groups.topics()), groups.partitions().stream());
    }

    private void knowPeers() {
        all().forEach(group -> group.writer().know(Peers.of(groups.charter().members())));
    }

    private void tellWhere(Charter agreed, Addresses addresses) {
        agreed.member(directory.nodeId())
                .filter(self -> !addresses.equals(new Addresses(self.cluster(), self.http())))
                .ifPresent(self -> once(
                        "readdress",
                        () -> submit(new TopicsCommand.Readdress(self.id(), addresses.cluster(), addresses.http()))));
    }

    private CompletionStage<Charter> submit(TopicsCommand command) {
        return groups.topics().writer().submit(command.encode()).thenApply(Membership::charter);
    }

    private static Charter charter(byte[] result) {
        if (TopicsResult.decode(result) instanceof TopicsResult.Chartered chartered) {
            return chartered.charter();
        }
        throw new ClusterException(NOT_FOUNDED);
    }

    /** Has Raft move the replicas of a group that this node leads to where they should be. */
    private void reconcile(RaftGroupOnNode<?> group, Charter charter) {
        List<RaftPeer> wanted = Peers.of(charter.members());
        try {
            if (!Moves.of(group).areDue(charter)) {
                return;
            }
        } catch (IOException e) {
            LOGGER.debug("Group {} is closed", group.number(), e);
            return;
        }
        once(group.number(), () -> {
            LOGGER.info("Group {} gets its replicas on {}", group.number(), wanted);
            return setConfiguration(group, wanted);
        });
    }

    private static CompletionStage<?> setConfiguration(RaftGroupOnNode<?> group, List<RaftPeer> wanted)
            throws IOException {
        return group.server()
                .setConfigurationAsync(new SetConfigurationRequest(
                        ClientId.randomId(),
                        group.server().getId(),
                        group.raft().getGroupId(),
                        CallId.getAndIncrement(),
                        wanted))
                .copy()
                .orTimeout(CHANGE_SECONDS, TimeUnit.SECONDS)
                .thenAccept(reply -> {
                    if (!reply.isSuccess()) {
                        throw new IllegalStateException(reply.getException());
                    }
                });
    }

    private interface Change {
        CompletionStage<?> begin() throws IOException;
    }

    private void once(Object what, Change change) {
        if (!underWay.add(what)) {
            return;
        }
        try {
            change.begin().whenComplete((done, failure) -> {
                underWay.remove(what);
                if (failure != null) {
                    LOGGER.info("Change of nodes ({}), to be tried again: {}", what, failure.getMessage());
                }
            });
        } catch (IOException | RuntimeException e) {
            underWay.remove(what);
            LOGGER.info("Change of nodes ({}), to be tried again: {}", what, e.toString());
        }
    }
}
