package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.ClusterNode;
import dev.varve.cluster.ClusterSettings;
import dev.varve.cluster.TopicSpec;
import dev.varve.log.LogOptions;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log of a replica, and those who pass by the cluster. */
class ReplicaDirectoryTest {
    private static ActorSystem<Void> actorSystem;

    @BeforeAll
    static void startSystem() {
        actorSystem = ActorSystem.create(Behaviors.empty(), "node");
    }

    @TempDir
    Path directory;

    private Path replica;

    @BeforeEach
    void a_node_with_a_record_that_was_stopped() throws Exception {
        try (ClusterNode node = start()) {
            node.topics().create(TopicSpec.of("t", 1)).toCompletableFuture().get(60, TimeUnit.SECONDS);
            assertThat(append(node.topics().partition("t", 0), "agreed")).isEqualTo(new Appended(0, 0));
        }
        try (Stream<Path> files = Files.walk(directory)) {
            replica = files.filter(file -> file.endsWith("manifest"))
                    .findAny()
                    .orElseThrow()
                    .getParent();
        }
    }

    @AfterAll
    static void shutDown() {
        actorSystem.terminate();
    }

    private ClusterNode start() throws Exception {
        ClusterNode node = ClusterNode.start(actorSystem, ClusterSettings.single(directory, "127.0.0.1:0"));
        node.ready().toCompletableFuture().get(60, TimeUnit.SECONDS);
        return node;
    }

    private static AppendReply append(RecipientRef<PartitionActor.Command> partition, String value) throws Exception {
        return AskPattern.<PartitionActor.Command, AppendReply>ask(
                        partition,
                        replyTo ->
                                new Append(List.of(NewRecord.of(1, value.getBytes(StandardCharsets.UTF_8))), replyTo),
                        Duration.ofSeconds(30),
                        actorSystem.scheduler())
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS);
    }

    private Map<String, byte[]> files() throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> all = Files.list(replica)) {
            for (Path file : all.toList()) {
                files.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        return files;
    }

    @Test
    void no_command_changes_it_and_those_that_read_work() throws Exception {
        Map<String, byte[]> before = files();
        String log = replica.toString();
        for (String[] changing : new String[][] {
            {"append", "--dir", log},
            {"delete-before", "--dir", log, "--offset", "1"},
            {"compact", "--dir", log},
            {"delete-log", "--dir", log}
        }) {
            Cli.Result refused = Cli.runOn("mine\n".getBytes(StandardCharsets.UTF_8), changing)
                    .exitsWith(ExitCodes.REFUSED);
            assertThat(refused.err()).contains(log).contains("a replica of a partition of a cluster");
        }
        assertThat(files()).usingRecursiveComparison().isEqualTo(before);
        assertThat(Cli.run("read", "--dir", log).exitsWith(ExitCodes.FINE).lines())
                .containsExactly("agreed");
        for (String reading : List.of("info", "verify", "dump")) {
            Cli.run(reading, "--dir", log).exitsWith(ExitCodes.FINE);
        }
        try (ClusterNode node = start()) {
            assertThat(append(node.topics().partition("t", 0), "next")).isEqualTo(new Appended(1, 1));
        }
    }

    @Test
    void an_actor_of_ones_own_is_refused_and_says_why() throws Exception {
        RecipientRef<PartitionActor.Command> own = actorSystem.systemActorOf(
                PartitionActor.create(PartitionSettings.of(replica, LogOptions.defaults())),
                "own-" + System.nanoTime(),
                Props.empty());
        assertThat(append(own, "mine")).isInstanceOfSatisfying(NotStored.class, refused -> assertThat(
                        refused.error().message())
                .contains("a replica of a partition of a cluster"));
        assertThat(Cli.run("read", "--dir", replica.toString()).lines()).containsExactly("agreed");
    }
}
