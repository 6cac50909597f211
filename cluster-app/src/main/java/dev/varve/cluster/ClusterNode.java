package dev.varve.cluster;

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
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
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
    private final List<RaftClient> clients = new ArrayList<>();
    private final Map<RaftGroupId, ReplicatedState> states = new LinkedHashMap<>();
    private final ClusterGroups groups;
    private final ReplicatedTopics topics;
    private final Upkeep upkeep;

    private ClusterNode(ActorSystem<?> system, ClusterSettings settings, NodeDirectory directory) throws IOException {
        this.directory = directory;
        SortedMap<String, String> nodes = settings.nodeId().isPresent()
                ? settings.nodes()
                : new TreeMap<>(Map.of(
                        directory.nodeId(), settings.nodes().values().iterator().next()));
        InetSocketAddress address = ClusterSettings.socketAddress(nodes.get(directory.nodeId()));
        RaftProperties properties = RaftOptions.of(settings, directory, address);
        TopicsState topicsState = new TopicsState(directory.state("topics"));
        RaftGroup topicsGroup = raftGroup(TOPICS, nodes);
        states.put(topicsGroup.getGroupId(), topicsState);
        List<RaftGroup> raftGroups = new ArrayList<>();
        List<GroupState> groupStates = new ArrayList<>();
        for (int number = 0; number < settings.groups(); number++) {
            RaftGroup group = raftGroup(number, nodes);
            GroupState state = new GroupState(number, directory);
            raftGroups.add(group);
            groupStates.add(state);
            states.put(group.getGroupId(), state);
        }
        for (RaftGroup group : raftGroups) {
            InitialMembers.keep(directory.raft(), group);
        }
        InitialMembers.keep(directory.raft(), topicsGroup);
        LostVote.replace(directory.raft(), topicsGroup, directory.state("topics"));
        for (int number = 0; number < raftGroups.size(); number++) {
            LostVote.replace(directory.raft(), raftGroups.get(number), directory.state("group-" + number));
        }
        this.server = RaftServer.newBuilder()
                .setServerId(RaftPeerId.valueOf(directory.nodeId()))
                .setProperties(properties)
                .setStateMachineRegistry(states::get)
                .build();
        boolean started = false;
        try {
            server.start();
            join(topicsGroup);
            for (RaftGroup group : raftGroups) {
                join(group);
            }
            List<RaftGroupOnNode<GroupState>> onNode = new ArrayList<>();
            for (int number = 0; number < settings.groups(); number++) {
                onNode.add(onNode(number, raftGroups.get(number), groupStates.get(number), properties, settings));
            }
            this.groups = new ClusterGroups(
                    directory.nodeId(),
                    directory.clusterId().toString(),
                    nodes,
                    onNode(TOPICS, topicsGroup, topicsState, properties, settings),
                    List.copyOf(onNode));
            this.topics = new ReplicatedTopics(system, IoExecutors.of(system), groups);
            this.upkeep = new Upkeep(groups);
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
            ClusterNode node = new ClusterNode(system, settings, directory);
            started = true;
            return node;
        } finally {
            if (!started) {
                directory.close();
            }
        }
    }

    private RaftGroup raftGroup(int number, SortedMap<String, String> nodes) {
        UUID id = UUID.nameUUIDFromBytes((directory.clusterId() + "/" + number).getBytes(StandardCharsets.UTF_8));
        List<RaftPeer> peers = new ArrayList<>();
        nodes.forEach((node, address) -> {
            // The leaders go round the nodes.
            boolean preferred = Math.floorMod(number, nodes.size()) == peers.size();
            peers.add(RaftPeer.newBuilder()
                    .setId(node)
                    .setAddress(address)
                    .setPriority(preferred ? 1 : 0)
                    .build());
        });
        return RaftGroup.valueOf(RaftGroupId.valueOf(id), peers);
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
            int number, RaftGroup group, S state, RaftProperties properties, ClusterSettings settings) {
        RaftClient client = RaftClient.newBuilder()
                .setRaftGroup(group)
                .setProperties(properties)
                .build();
        clients.add(client);
        RaftWriter writer = new RaftWriter(
                Integer.toString(number), server, group, client.getClientRpc(), settings.requestTimeout());
        RaftReads reads = new RaftReads(server, group.getGroupId(), settings.requestTimeout());
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
        groups.topics().writer().close();
        groups.partitions().forEach(group -> group.writer().close());
        closeServer();
        topics.close();
        directory.close();
    }

    private void closeServer() throws IOException {
        for (RaftClient client : clients) {
            client.close();
        }
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
