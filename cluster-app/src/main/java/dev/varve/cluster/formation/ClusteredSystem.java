package dev.varve.cluster.formation;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.cluster.sharding.PartitionSharding;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.JoinSeedNodes;

/**
 * An actor system that is, or is to be, a member of the Pekko cluster. It ends when it is stopped, and when the others have declared it down;
 * it does not come back, another one does. Any thread.
 */
final class ClusteredSystem {
    static final String NAME = "varve";
    private static final String ROLE = "varve-node";
    private static final String ID_ROLE_PREFIX = "nid-";
    private static final String INBOX = "formation";

    private final ActorSystem<Void> system;
    private final Cluster cluster;

    private ClusteredSystem(ActorSystem<Void> system) {
        this.system = system;
        this.cluster = Cluster.get(system);
    }

    /**
     * Starts one that belongs to no cluster yet.
     *
     * @param config resolved; its section {@code varve.cluster.pekko} and {@code varve-clustered.conf} go before its section {@code pekko}
     * @param address where others reach it, as {@code host:port}
     * @param inbox is given what others announce; any thread
     * @throws IOException if it cannot listen there
     */
    static ClusteredSystem start(Config config, String nodeId, String address, Consumer<Announcement> inbox)
            throws IOException {
        Address own = address(address);
        Config ours = ConfigFactory.parseMap(Map.of(
                        "pekko.actor.provider", "cluster",
                        "pekko.remote.artery.canonical.hostname", own.host().get(),
                        "pekko.remote.artery.canonical.port", own.port().get(),
                        "pekko.cluster.roles", List.of(ROLE, ID_ROLE_PREFIX + nodeId),
                        "pekko.cluster.seed-nodes", List.of(),
                        "pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off"))
                .withFallback(config.getConfig("varve.cluster.pekko").atPath("pekko"))
                .withFallback(PartitionSharding.sharedSettings())
                .withFallback(config);
        Behavior<Announcement> reader = Behaviors.receiveMessage(announcement -> {
            inbox.accept(announcement);
            return Behaviors.same();
        });
        Behavior<Void> guardian = Behaviors.setup(context -> {
            context.spawn(reader, INBOX);
            return Behaviors.empty();
        });
        try {
            return new ClusteredSystem(ActorSystem.create(guardian, NAME, ours));
        } catch (RuntimeException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw new IOException("cannot listen for the other nodes on " + address + ": " + cause, e);
        }
    }

    ActorSystem<Void> system() {
        return system;
    }

    boolean isEnded() {
        return system.getWhenTerminated().toCompletableFuture().isDone();
    }

    /**
     * Joins whoever of these answers. If its own address is the first, and nobody else answers, it begins a cluster; else it goes on asking, until
     * it is told to join others.
     */
    void join(List<String> addresses) {
        cluster.manager()
                .tell(new JoinSeedNodes(
                        addresses.stream().map(ClusteredSystem::address).toList()));
    }

    void send(String address, Announcement announcement) {
        system.classicSystem()
                .actorSelection(address(address) + "/user/" + INBOX)
                .tell(announcement, ActorRef.noSender());
    }

    View view() {
        Member self = cluster.selfMember();
        boolean isJoined = isThere(self) || self.status().equals(MemberStatus.joining());
        Set<String> addresses = new HashSet<>();
        Set<String> nodeIds = new HashSet<>();
        Set<String> reachable = new HashSet<>();
        boolean isOldest = isUp(self);
        CurrentClusterState state = cluster.state();
        for (Member member : state.getMembers()) {
            if (member.hasRole(ROLE) && isThere(member)) {
                member.getRoles().stream()
                        .filter(role -> role.startsWith(ID_ROLE_PREFIX))
                        .map(role -> role.substring(ID_ROLE_PREFIX.length()))
                        .forEach(id -> {
                            nodeIds.add(id);
                            if (!state.getUnreachable().contains(member)) {
                                reachable.add(id);
                            }
                        });
                if (!member.uniqueAddress().equals(self.uniqueAddress())) {
                    addresses.add(member.address().host().get() + ":"
                            + member.address().port().get());
                    isOldest &= !isUp(member) || self.isOlderThan(member);
                }
            }
        }
        return new View(isJoined, isOldest, addresses, nodeIds, reachable);
    }

    private static boolean isUp(Member member) {
        return member.status().equals(MemberStatus.up());
    }

    private static boolean isThere(Member member) {
        return isUp(member)
                || member.status().equals(MemberStatus.weaklyUp())
                || member.status().equals(MemberStatus.leaving());
    }

    private static Address address(String hostAndPort) {
        int colon = hostAndPort.lastIndexOf(':');
        return new Address(
                "pekko", NAME, hostAndPort.substring(0, colon), Integer.parseInt(hostAndPort.substring(colon + 1)));
    }

    /** Leaves the cluster and ends, some time later. */
    void stop() {
        system.terminate();
    }

    /** Waits for the end, which may come by itself. */
    void awaitEnd(Duration patience) {
        try {
            system.getWhenTerminated().toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // The others will find that it is gone.
            system.log().info("The clustered actor system does not end in time: {}", e.toString());
        }
    }
}
