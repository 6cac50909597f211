package dev.varve.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.cluster.sharding.PartitionSharding;
import dev.varve.partition.PartitionActor.Command;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.ClusterSharding;
import org.apache.pekko.cluster.sharding.ShardRegion;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.pattern.Patterns;

/** A member of a Pekko cluster in this JVM, with a node or as a sender; it can die without a word. */
final class ShardedMember implements Closeable {
    /** As shipped, but for what several actor systems in one JVM need. */
    private static final Config TOGETHER = ConfigFactory.parseString("pekko.cluster.jmx.enabled = off\n"
            + "pekko.coordinated-shutdown.run-by-actor-system-terminate = off\n"
            + "pekko.coordinated-shutdown.run-by-jvm-shutdown-hook = off");

    private final ActorSystem<Void> system;
    private final PartitionSharding sharding;

    private ShardedMember(ActorSystem<Void> system, PartitionSharding sharding) {
        this.system = system;
        this.sharding = sharding;
    }

    static ShardedMember host(ClusterNode node) {
        ActorSystem<Void> system = system(PartitionSharding.forNode(node));
        PartitionSharding.host(system, node);
        return new ShardedMember(system, PartitionSharding.init(system));
    }

    static ShardedMember sender(int groups) {
        ActorSystem<Void> system = system(PartitionSharding.forSender(groups));
        return new ShardedMember(system, PartitionSharding.init(system));
    }

    static ActorSystem<Void> system(Config config) {
        return ActorSystem.create(Behaviors.empty(), "sharded", TOGETHER.withFallback(config));
    }

    ActorSystem<Void> system() {
        return system;
    }

    Cluster cluster() {
        return Cluster.get(Adapter.toClassic(system));
    }

    Address address() {
        return cluster().selfMember().address();
    }

    /** Joins the cluster that another one is in, or makes one with itself, and waits until it is up. */
    ShardedMember join(ShardedMember seed) {
        cluster().join(seed.address());
        Eventually.holds(() -> cluster().selfMember().status() == MemberStatus.up(), "up");
        return this;
    }

    EntityRef<Command> entity(String topic, int partition) {
        return sharding.entityRef(topic, partition);
    }

    Asking asking() {
        return new Asking(system);
    }

    /** The numbers of the shards that are here. */
    Set<String> shards() {
        return shards(system);
    }

    static Set<String> shards(ActorSystem<?> system) {
        Object state = Asking.await(Patterns.ask(
                ClusterSharding.get(Adapter.toClassic(system)).shardRegion(PartitionSharding.TYPE_KEY.name()),
                ShardRegion.getShardRegionStateInstance(),
                Duration.ofSeconds(10)));
        Set<String> shards = new TreeSet<>();
        ((ShardRegion.CurrentShardRegionState) state).getShards().forEach(shard -> shards.add(shard.shardId()));
        return shards;
    }

    /** Ends without leaving the cluster: to the others it has died. */
    @Override
    public void close() throws IOException {
        system.terminate();
        Asking.await(system.getWhenTerminated());
    }
}
