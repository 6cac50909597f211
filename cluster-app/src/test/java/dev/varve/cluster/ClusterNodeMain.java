package dev.varve.cluster;

import static dev.varve.cluster.Asking.await;
import static dev.varve.cluster.Asking.awaitReady;

import dev.varve.log.format.LogRecord;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.NotStored;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A node in a process of its own, asked by lines {@code NUMBER VERB ...} and answering by lines {@code NUMBER ANSWER}, in the order in
 * which answers come.
 */
final class ClusterNodeMain {
    private final ClusterNode node;
    private final Asking asking;

    ClusterNodeMain(ClusterNode node, Asking asking) {
        this.node = node;
        this.asking = asking;
    }

    /** Directory, id of the node, then ID=HOST:PORT for each node. */
    public static void main(String[] args) throws IOException {
        Map<String, String> nodes = new TreeMap<>();
        Arrays.stream(args).skip(2).map(each -> each.split("=", 2)).forEach(each -> nodes.put(each[0], each[1]));
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "node");
        ClusterSettings settings = ClusterSettings.of(Path.of(args[0]), args[1], nodes)
                .withGroups(2)
                .withSnapshotEntries(50)
                .withLogLimits(limits())
                .withRequestTimeout(Duration.ofSeconds(8));
        ClusterNode node = ClusterNode.start(system, settings);
        ClusterNodeMain main = new ClusterNodeMain(node, new Asking(system));
        say("0", "started");
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] words = line.split(" ");
            if (words[1].equals("append")) {
                main.append(words);
            } else {
                // One that blocks is not to hold up the appends.
                new Thread(() -> say(words[0], main.carryOut(words))).start();
            }
        }
        node.close();
        system.terminate();
    }

    /** As told by properties, for tests in which much is written, or copied slowly. */
    private static RaftLogLimits limits() {
        RaftLogLimits usual = RaftLogLimits.DEFAULT;
        return new RaftLogLimits(
                Long.getLong("varve.test.snapshotBytes", usual.snapshotBytes()),
                Long.getLong("varve.test.keptBytes", usual.keptBytes()),
                Long.getLong("varve.test.copyBytesPerSecond", usual.copyBytesPerSecond()));
    }

    static void say(String number, String answer) {
        synchronized (System.out) {
            System.out.println(number + " " + answer);
            System.out.flush();
        }
    }

    private void append(String[] words) {
        asking.append(node.topics().partition(words[2], Integer.parseInt(words[3])), words[4])
                .whenComplete(
                        (reply, failure) -> say(words[0], failure == null ? answer(reply) : "unknown " + failure));
    }

    static String answer(AppendReply reply) {
        if (reply instanceof Appended appended) {
            return "appended " + appended.baseOffset();
        }
        return reply instanceof NotStored not ? "refused " + not.error() : "unknown " + reply;
    }

    String carryOut(String[] words) {
        try {
            return switch (words[1]) {
                case "ready" -> {
                    awaitReady(node);
                    yield "ready";
                }
                case "create" -> {
                    await(node.topics().create(TopicSpec.of(words[2], Integer.parseInt(words[3]))));
                    yield "created";
                }
                case "leader" -> leader(words[2], Integer.parseInt(words[3]));
                case "fill" -> fill(words[2], Integer.parseInt(words[3]), Integer.parseInt(words[4]));
                case "digest" -> digest(words[2], Integer.parseInt(words[3]));
                case "cut" ->
                    Long.toString(Nudges.raftLog(node.groups()
                                    .of(
                                            node.groups()
                                                    .topics()
                                                    .state()
                                                    .topic(words[2])
                                                    .orElseThrow(),
                                            0))
                            .getStartIndex());
                case "read" -> read(words[2], Integer.parseInt(words[3]));
                default -> throw new IllegalArgumentException(words[1]);
            };
        } catch (RuntimeException e) {
            return "failed " + e;
        }
    }

    private String leader(String topic, int partition) {
        TopicDescription described = await(node.topics().describe(topic)).orElseThrow();
        int group = described.partitions().get(partition).group();
        return node.topics().describeCluster().groups().get(group).leader().orElse("none");
    }

    /** Appends so many records of half a megabyte, one after the other, and gives the number of those that were acknowledged. */
    private String fill(String topic, int partition, int count) {
        int acknowledged = 0;
        for (int i = 0; i < count; i++) {
            AppendReply reply =
                    await(asking.append(node.topics().partition(topic, partition), i + "-" + "f".repeat(1 << 19)));
            acknowledged += reply instanceof Appended ? 1 : 0;
        }
        return Integer.toString(acknowledged);
    }

    /** How many records there are up to now, and a checksum over their offsets and values. */
    private String digest(String topic, int partition) {
        await(asking.ask(node.topics().partition(topic, partition), PartitionActor.Flush::new));
        CRC32 crc = new CRC32();
        long records = 0;
        for (LogRecord record : asking.readAll(node.topics().partition(topic, partition))) {
            crc.update(Long.toString(record.offset()).getBytes(StandardCharsets.UTF_8));
            crc.update(record.value());
            records++;
        }
        return records + " " + crc.getValue();
    }

    /** OFFSET:VALUE for each record, in one line. */
    private String read(String topic, int partition) {
        StringBuilder all = new StringBuilder("records");
        for (LogRecord record : asking.readAll(node.topics().partition(topic, partition))) {
            all.append(' ').append(record.offset()).append(':').append(Asking.text(record));
        }
        return all.toString();
    }
}
