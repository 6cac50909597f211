package dev.varve.cluster;

import dev.varve.cluster.metrics.ClusterMeter;
import dev.varve.partition.IoExecutors;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.RaftServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node of a cluster: a replica of every partition, in a few Raft groups. Uses an actor system for the actors that stand for
 * partitions and for their threads; that system needs not be clustered. Any thread.
 */
public final class ClusterNode implements Closeable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClusterNode.class);

    /** The number of the group with the topics. */
    private static final int TOPICS = -1;

    private final NodeDirectory directory;
    private final RaftServer server;
    private final IoExecutors executors;
    private final List<RaftClient> clients = new ArrayList<>();
    private final Map<RaftGroupId, ReplicatedState> states = new LinkedHashMap<>();
    private final ClusterGroups groups;
    private final ReplicatedTopics topics;
    private final Membership membership;
    private final Upkeep upkeep;
    private final CompactionRounds compaction;
    private final boolean ownsDirectory;

    private ClusterNode(
            ActorSystem<?> system,
            ClusterSettings settings,
            NodeDirectory directory,
            boolean ownsDirectory,
            Recovery recovery)
            throws IOException {
        this.directory = directory;
        this.ownsDirectory = ownsDirectory;
        this.executors = IoExecutors.of(system);
        InetSocketAddress address =
                ClusterSettings.socketAddress(settings.nodesOf(nodeId()).get(nodeId()));
        RaftProperties properties = RaftOptions.of(settings, directory, address);
        TopicsState topicsState = new TopicsState(directory);
        RaftGroup topicsGroup = raftGroup(TOPICS);
        states.put(topicsGroup.getGroupId(), topicsState);
        List<RaftGroup> raftGroups = new ArrayList<>();
        List<GroupState> groupStates = new ArrayList<>();
        for (int number = 0; number < settings.groups(); number++) {
            RaftGroup group = raftGroup(number);
            GroupState state = new GroupState(number, directory);
            state.tell(recovery);
            raftGroups.add(group);
            groupStates.add(state);
            states.put(group.getGroupId(), state);
        }
        states.values().forEach(state -> state.limitCopying(settings.logLimits().copyBytesPerSecond()));
        directory.requireLogs(states.keySet().stream().map(RaftGroupId::getUuid).toList());
        for (RaftGroup group : raftGroups) {
            InitialMembers.keep(directory.raft(), group);
        }
        InitialMembers.keep(directory.raft(), topicsGroup);
        LostVote.replace(directory.raft(), topicsGroup, directory.state("topics"));
        for (int number = 0; number < raftGroups.size(); number++) {
            LostVote.replace(directory.raft(), raftGroups.get(number), directory.state("group-" + number));
        }
        Parameters parameters = new Parameters();
        Recipients recipients = new Recipients(nodeId());
        GrpcConfigKeys.Server.setServicesCustomizer(parameters, recipients);
        this.server = RaftServer.newBuilder()
                .setServerId(RaftPeerId.valueOf(directory.nodeId()))
                .setProperties(properties)
                .setParameters(parameters)
                .setStateMachineRegistry(states::get)
                .build();
        boolean started = false;
        try {
            server.start();
            join(topicsGroup);
            for (RaftGroup group : raftGroups) {
                join(group);
            }
            directory.noteBegun();
            recipients.open();
            List<RaftGroupOnNode<GroupState>> onNode = new ArrayList<>();
            for (int number = 0; number < settings.groups(); number++) {
                onNode.add(onNode(number, raftGroups.get(number), groupStates.get(number), properties, settings));
            }
            this.groups = new ClusterGroups(
                    directory.nodeId(),
                    () -> directory.charter().orElseThrow(),
                    onNode(TOPICS, topicsGroup, topicsState, properties, settings),
                    List.copyOf(onNode));
            this.topics = new ReplicatedTopics(system, executors, groups);
            this.membership = new Membership(directory, groups);
            this.upkeep = new Upkeep(
                    groups, membership, new RaftLogUpkeep(settings.logLimits(), directory.raft()), Links.of(server));
            this.compaction = CompactionRounds.start(groups);
            started = true;
        } finally {
            if (!started) {
                closeServer();
            }
        }
    }

    /**
     * Starts a node; reads what is on its disk, and blocks for that. It needs others to be {@link #ready()}.
     *
     * @param system answers for partitions; its configuration has the section {@code varve}
     * @throws IllegalStateException if the directory belongs to another node or cluster, or another process has it
     * @throws IOException if a file cannot be read or is damaged, or an address cannot be used
     */
    public static ClusterNode start(ActorSystem<?> system, ClusterSettings settings) throws IOException {
        NodeDirectory directory = NodeDirectory.open(settings);
        boolean started = false;
        try {
            ClusterNode node = new ClusterNode(system, settings, directory, true, new Recovery());
            started = true;
            return node;
        } finally {
            if (!started) {
                directory.close();
            }
        }
    }

    /**
     * As {@link #start(ActorSystem, ClusterSettings)}, a node that knows from its directory which cluster it belongs to.
     *
     * @param settings name the node, and where it listens; whatever else they say of the nodes is ignored
     * @param directory belongs to a cluster; stays open when the node is closed
     * @throws IllegalStateException if what the node promised to others is gone from the directory
     */
    public static ClusterNode start(ActorSystem<?> system, ClusterSettings settings, NodeDirectory directory)
            throws IOException {
        return start(system, settings, directory, new Recovery());
    }

    /**
     * As {@link #start(ActorSystem, ClusterSettings, NodeDirectory)}.
     *
     * @param recovery tells meanwhile how far it has got
     */
    public static ClusterNode start(
            ActorSystem<?> system, ClusterSettings settings, NodeDirectory directory, Recovery recovery)
            throws IOException {
        return new ClusterNode(system, settings, directory, false, recovery);
    }

    private static UUID groupId(Charter charter, int number) {
        return UUID.nameUUIDFromBytes((charter.clusterId() + "/" + number).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * A group as this node begins with it. Those who made the cluster know each other. A node that came later knows nobody, has no say and
     * waits to be told, for whom the group counts on is in its log.
     */
    private RaftGroup raftGroup(int number) {
        Charter charter = directory.charter().orElseThrow();
        boolean isFounder =
                charter.founders().stream().anyMatch(founder -> founder.id().equals(nodeId()));
        RaftGroupId id = RaftGroupId.valueOf(groupId(charter, number));
        return RaftGroup.valueOf(id, isFounder ? Peers.of(charter.founders()) : List.of());
    }

    /** Takes part in a group, unless the disk says that this node does already. */
    private void join(RaftGroup group) throws IOException {
        for (RaftGroupId known : server.getGroupIds()) {
            if (known.equals(group.getGroupId())) {
                // Throws if it could not be read.
                server.getDivision(known);
                return;
            }
        }
        RaftClientReply reply = server.groupManagement(GroupManagementRequest.newAdd(
                ClientId.randomId(), server.getId(), CallId.getAndIncrement(), group, false));
        if (!reply.isSuccess()) {
            throw new IOException("group " + group.getGroupId() + " cannot be joined", reply.getException());
        }
    }

    private <S extends ReplicatedState> RaftGroupOnNode<S> onNode(
            int number, RaftGroup begun, S state, RaftProperties properties, ClusterSettings settings) {
        RaftGroup group = RaftGroup.valueOf(
                begun.getGroupId(), Peers.of(directory.charter().orElseThrow().members()));
        RaftClient client = RaftClient.newBuilder()
                .setRaftGroup(group)
                .setProperties(properties)
                .build();
        clients.add(client);
        RaftWriter writer = new RaftWriter(
                Integer.toString(number), server, group, client.getClientRpc(), settings.requestTimeout());
        RaftReads reads = new RaftReads(server, group.getGroupId(), settings.requestTimeout(), executors.reads());
        return new RaftGroupOnNode<>(number, group, state, server, writer, reads);
    }

    /** The id of this node, which never changes. */
    public String nodeId() {
        return directory.nodeId();
    }

    /**
     * Completes when this node has in every group what was committed before; fails with {@link ClusterError.NotEnoughReplicas} if there is no
     * majority in time, and may be asked again then.
     */
    public CompletionStage<Void> ready() {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        all.add(groups.topics().reads().awaitLatest().toCompletableFuture());
        groups.partitions().forEach(group -> all.add(group.reads().awaitLatest().toCompletableFuture()));
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
    }

    /** Which nodes the cluster has, as far as this one knows. */
    public Charter charter() {
        return groups.charter();
    }

    /** Where this node is to be reached; the others are told of it when they can be. */
    public void advertise(String clusterAddress, String httpUrl) {
        membership.advertise(clusterAddress, httpUrl);
    }

    /** From now on {@link TopicService#describeCluster} says by this which nodes can be reached in the Pekko cluster; it is asked by any thread. */
    public void observe(Supplier<Set<String>> members) {
        topics.observe(members);
    }

    /** The node that leads the group with the topics, as far as this one knows. */
    public Optional<String> topicsLeader() {
        return groups.topics().describe().leader();
    }

    /**
     * Whether this node leads the group with the topics and has not heard of another one lately, for so long that it may be gone.
     *
     * @return empty if this node does not lead that group, and so cannot tell
     */
    public Optional<Boolean> isSilent(String nodeId) {
        if (!groups.topics().isLeading()) {
            return Optional.empty();
        }
        return groups.describe(Set.of()).nodes().stream()
                .filter(node -> node.id().equals(nodeId))
                .findFirst()
                .map(node -> node.liveness() == ClusterDescription.Liveness.SILENT);
    }

    /**
     * Has a node take the place of another one, which is refused from then on; the replicas of the groups follow.
     *
     * @return the charter as it is then, once a majority has it on its disks; it does not count on the newcomer if the other one is no node
     *     of this cluster, or the newcomer was one once
     */
    public CompletionStage<Charter> replace(String nodeId, Member newcomer) {
        return membership.replace(nodeId, newcomer);
    }

    /** From now on somebody is told what takes time in the groups of this node. */
    public void measure(ClusterMeter meter) {
        groups.all().forEach(group -> group.measure(meter));
    }

    ClusterGroups groups() {
        return groups;
    }

    /** What the node can be asked. */
    public TopicService topics() {
        return topics;
    }

    /** Lets what is under way come to its end, takes part in nothing any more, and closes the logs. Blocks. May be called once. */
    @Override
    public void close() throws IOException {
        upkeep.close();
        compaction.close();
        groups.all().forEach(RaftGroupOnNode::stopMeasuring);
        // Each may have to wait for what is under way: all of them at the same time.
        groups.all().forEach(group -> group.writer().refuse());
        groups.all().forEach(group -> group.writer().close());
        closeServer();
        topics.close();
        if (ownsDirectory) {
            directory.close();
        }
    }

    private void closeServer() throws IOException {
        for (RaftClient client : clients) {
            client.close();
        }
        states.values().forEach(ReplicatedState::ends);
        try {
            server.close();
        } catch (InterruptedIOException e) {
            Thread.currentThread().interrupt();
        }
        for (ReplicatedState state : states.values()) {
            if (state instanceof GroupState group) {
                group.release();
            }
        }
        LOGGER.debug("Node {} is closed", directory.nodeId());
    }
}
