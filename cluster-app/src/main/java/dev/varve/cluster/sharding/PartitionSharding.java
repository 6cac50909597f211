package dev.varve.cluster.sharding;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValueFactory;
import dev.varve.cluster.ClusterDescription;
import dev.varve.cluster.ClusterNode;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Command;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/**
 * The partitions of a cluster as entities of Pekko Cluster Sharding: the entity {@code topic-partition} is the address of a partition, for
 * every member of the Pekko cluster. Any thread may call any method, and none blocks.
 *
 * <p>Members that have a {@link ClusterNode} host the entities: they have the role {@value #HOST_ROLE} and one that names the node
 * ({@link #forNode}), and are told of the node by {@link #host} before {@link #init}. Every other member sends only ({@link #forSender}).
 *
 * <p>An entity lives on the node that leads its Raft group and follows it; where it does not, it passes on what it is asked. It
 * answers as {@link dev.varve.cluster.TopicService#partition} says, with these differences:
 *
 * <ul>
 *   <li>A message or its answer can be lost on its way between members: while the home of an entity is being found out after the death
 *       of a member, for one. Then {@code ask} fails with a {@link java.util.concurrent.TimeoutException}, and whether an append was done
 *       is not known: send it again, and name its producer, so that it is stored once.
 *   <li>A topic or a partition that does not exist is refused with {@code PartitionError.NoSuchPartition}; what needs a majority of the
 *       replicas, while there is none, with {@code PartitionError.NotEnoughReplicas}.
 *   <li>A message between members has at most {@code pekko.remote.artery.advanced.maximum-frame-size} bytes, 4 MiB in
 *       {@code varve-clustered.conf}: room for a batch of 3 MiB, each record counted with 64 bytes besides its key and value. A larger one is
 *       not sent, which the log of the sender says. What was read is cut to what a message may hold.
 *   <li>{@code LocalAppend} is not for entities, for a function cannot travel: it is refused with {@code PartitionError.Invalid} where the
 *       entity is here, and never sent, which the log says, where it is not.
 *   <li>{@code Stop} ends the entity and nothing else; the next message has another one begin. What is under way may be lost with it.
 * </ul>
 *
 * <p>Entities are not passivated; one whose topic does not exist goes away after a while. Handing a shard over loses nothing that was
 * acknowledged: an entity holds nothing, and an append is acknowledged by the Raft group alone, which has one leader in each term.
 */
public final class PartitionSharding implements Extension {
    /** The type of the entities. */
    public static final EntityTypeKey<Command> TYPE_KEY =
            EntityTypeKey.create(PartitionActor.Command.class, "varve-partition");

    /** The role of the members that host entities. */
    public static final String HOST_ROLE = "varve-node";

    private static final String GROUPS = "varve.cluster.groups";
    private static final String SETTINGS = "varve-clustered.conf";
    private static final Duration IDLE = Duration.ofMinutes(10);

    private static final ExtensionId<PartitionSharding> ID = new ExtensionId<>() {
        @Override
        public PartitionSharding createExtension(ActorSystem<?> system) {
            return new PartitionSharding(system);
        }
    };

    private final ActorSystem<?> system;
    private final Cluster cluster;
    private final int groups;
    private volatile ClusterNode node;
    private boolean initialized;

    private PartitionSharding(ActorSystem<?> system) {
        this.system = system;
        this.cluster = Cluster.get(Adapter.toClassic(system));
        this.groups = system.settings().config().getInt(GROUPS);
    }

    /**
     * The configuration of an actor system that hosts entities: {@code varve-clustered.conf} under what the application's own configuration
     * says, with the roles of the node and the number of groups of its cluster.
     */
    public static Config forNode(ClusterNode node) {
        Config config = forSender(numberOfGroups(node));
        Set<String> roles = new LinkedHashSet<>(config.getStringList("pekko.cluster.roles"));
        roles.add(HOST_ROLE);
        roles.add(NodeRoles.of(node.nodeId()));
        return config.withValue("pekko.cluster.roles", ConfigValueFactory.fromIterable(roles));
    }

    /** {@code varve-clustered.conf}: what differs from Pekko's defaults wherever an actor system takes part. */
    public static Config sharedSettings() {
        return ConfigFactory.parseResources(
                PartitionSharding.class.getClassLoader(),
                SETTINGS,
                ConfigParseOptions.defaults().setAllowMissing(false));
    }

    /**
     * The configuration of an actor system that only sends, likewise.
     *
     * @param groups the number of groups of the cluster that has the partitions
     */
    public static Config forSender(int groups) {
        Config layered = ConfigFactory.defaultApplication().withFallback(sharedSettings());
        return ConfigFactory.load(layered).withValue(GROUPS, ConfigValueFactory.fromAnyRef(groups));
    }

    /**
     * Tells an actor system which node its JVM has; before {@link #init}, and again when the node was closed and started anew. The node
     * may use the actor system or another one; it must be closed after this one has ended, or have another take its place.
     *
     * @throws IllegalStateException if the actor system is not in a Pekko cluster with the roles for the node, or has another node
     * @throws IllegalArgumentException if {@code varve.cluster.groups} is not the number of groups of the node's cluster
     */
    public static void host(ActorSystem<?> system, ClusterNode node) {
        ID.apply(system).host(node);
    }

    private synchronized void host(ClusterNode given) {
        Objects.requireNonNull(given, "node");
        Set<String> roles = cluster.getSelfRoles();
        String own = NodeRoles.of(given.nodeId());
        if (!roles.contains(HOST_ROLE) || !roles.contains(own)) {
            throw new IllegalStateException("a member with node " + given.nodeId() + " needs pekko.cluster.roles = [\""
                    + HOST_ROLE + "\", \"" + own + "\"], and has " + roles);
        }
        if (node != null && !node.nodeId().equals(given.nodeId())) {
            throw new IllegalStateException(
                    "this member has node " + node.nodeId() + ", and so cannot have node " + given.nodeId());
        }
        int known = numberOfGroups(given);
        if (known != groups) {
            throw new IllegalArgumentException(GROUPS + " is " + groups + ", but the cluster of node " + given.nodeId()
                    + " has " + known + " groups; all members need that number");
        }
        node = given;
    }

    private static int numberOfGroups(ClusterNode node) {
        return node.topics().describeCluster().groups().size();
    }

    /**
     * Has an actor system take part, as host or as sender; it has joined the Pekko cluster or will do so. May be called any number of
     * times; the same object is returned.
     *
     * @throws IllegalStateException if the actor system has the role {@value #HOST_ROLE} and no node was told of
     */
    public static PartitionSharding init(ActorSystem<?> system) {
        PartitionSharding sharding = ID.apply(system);
        sharding.initialize();
        return sharding;
    }

    private synchronized void initialize() {
        if (initialized) {
            return;
        }
        if (node == null && cluster.getSelfRoles().contains(HOST_ROLE)) {
            throw new IllegalStateException("a member with the role " + HOST_ROLE
                    + " has a node: tell of it by PartitionSharding.host before init, or leave the role out");
        }
        ClusterSharding.get(system)
                .init(Entity.of(TYPE_KEY, context -> PartitionEntity.create(context, () -> node, IDLE))
                        .withRole(HOST_ROLE)
                        .withSettings(ClusterShardingSettings.create(system)
                                .withNoPassivationStrategy()
                                .withRememberEntities(false))
                        .withStopMessage(PartitionActor.Stop.INSTANCE)
                        .withMessageExtractor(new GroupExtractor(groups))
                        .withAllocationStrategy(new LeaderAllocation(this::leaders, new ClusterMembers(cluster))));
        initialized = true;
    }

    private Map<String, String> leaders() {
        Map<String, String> byShard = new HashMap<>();
        for (ClusterDescription.Group group : node.topics().describeCluster().groups()) {
            group.leader().ifPresent(leader -> byShard.put(Integer.toString(group.group()), leader));
        }
        return byShard;
    }

    /**
     * The address of a partition. Whether there is such a topic is told when it is asked.
     *
     * @throws IllegalArgumentException if the topic has no name, or the number of the partition is below 0
     */
    public EntityRef<Command> entityRef(String topic, int partition) {
        return ClusterSharding.get(system).entityRefFor(TYPE_KEY, entityId(topic, partition));
    }

    /** The id of the entity of a partition: {@code topic-partition}. The topic's name is what stands before the last hyphen. */
    public static String entityId(String topic, int partition) {
        return new PartitionAddress(topic, partition).entityId();
    }
}
