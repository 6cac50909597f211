package dev.varve.cluster;

import com.typesafe.config.ConfigFactory;
import dev.varve.cluster.sharding.PartitionSharding;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;

/**
 * A node that hosts sharded entities, in a process of its own; asked as {@link ClusterNodeMain}, but that appends go through the entity. The
 * properties {@code varve.test.port} and {@code varve.test.seed} name the ports of this member and of the first one.
 */
final class ShardedNodeMain {
    static final int GROUPS = 3;

    /** Shorter than anything that a failover needs. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private ShardedNodeMain() {}

    public static void main(String[] args) throws IOException {
        Map<String, String> nodes = new TreeMap<>();
        Arrays.stream(args).skip(2).map(each -> each.split("=", 2)).forEach(each -> nodes.put(each[0], each[1]));
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "node");
        ClusterNode node = ClusterNode.start(
                system,
                ClusterSettings.of(Path.of(args[0]), args[1], nodes)
                        .withGroups(GROUPS)
                        .withRequestTimeout(Duration.ofSeconds(8)));
        ClusterNodeMain plain = new ClusterNodeMain(node, new Asking(system));
        ActorSystem<Void> clustered = ActorSystem.create(
                Behaviors.empty(),
                "sharded",
                ConfigFactory.parseString(
                                "pekko.remote.artery.canonical.port = " + System.getProperty("varve.test.port"))
                        .withFallback(PartitionSharding.forNode(node)));
        PartitionSharding.host(clustered, node);
        PartitionSharding sharding = PartitionSharding.init(clustered);
        Cluster cluster = Cluster.get(Adapter.toClassic(clustered));
        cluster.join(new Address("pekko", "sharded", "127.0.0.1", Integer.getInteger("varve.test.seed")));
        ClusterNodeMain.say("0", "started");
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] words = line.split(" ");
            switch (words[1]) {
                case "append" -> append(sharding, words);
                case "shards" -> ClusterNodeMain.say(words[0], "shards " + ShardedMember.shards(clustered));
                case "oldest" -> ClusterNodeMain.say(words[0], oldest(cluster));
                case "up" -> ClusterNodeMain.say(words[0], Integer.toString(up(cluster)));
                default -> new Thread(() -> ClusterNodeMain.say(words[0], plain.carryOut(words))).start();
            }
        }
        Runtime.getRuntime().halt(0);
    }

    /** The node at the member that is up for longest, where the coordinator is. */
    private static String oldest(Cluster cluster) {
        Member oldest = null;
        for (Member member : cluster.state().getMembers()) {
            if (member.status() == MemberStatus.up() && (oldest == null || member.isOlderThan(oldest))) {
                oldest = member;
            }
        }
        return oldest == null
                ? "none"
                : oldest.getRoles().stream()
                        .filter(role -> role.startsWith("nid-"))
                        .findAny()
                        .orElseThrow()
                        .substring("nid-".length());
    }

    private static int up(Cluster cluster) {
        int up = 0;
        for (var member : cluster.state().getMembers()) {
            up += member.status() == MemberStatus.up() ? 1 : 0;
        }
        return up;
    }

    private static void append(PartitionSharding sharding, String[] words) {
        sharding.entityRef(words[2], Integer.parseInt(words[3]))
                .<AppendReply>ask(replyTo -> new Append(List.of(Asking.record(words[4])), replyTo), PATIENCE)
                .whenComplete((reply, failure) -> ClusterNodeMain.say(
                        words[0], failure == null ? ClusterNodeMain.answer(reply) : "unknown " + cause(failure)));
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
