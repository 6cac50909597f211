package dev.varve.server.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.Verdict;
import dev.varve.server.history.ReplicaFrames.Frame;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes in processes of their own, clients that append and read as fast as they can, and somebody who kills, pauses, cuts off and
 * starves the nodes meanwhile. What the clients were told must fit together, and the replicas must have the same.
 *
 * <p>{@code -Dvarve.history.minutes=30} goes on for longer, and has nodes away for longer; {@code -Dvarve.history.seed=N} does the same again;
 * {@code -Dvarve.history.faults=KILL,PAUSE} does only these.
 */
class ClusterHistoryTest {
    private static final int PARTITIONS = 3;
    private static final int SHORT_MINUTES = 2;

    /** After so long the history is checked, and another topic begun, so that no check is too large. */
    private static final Duration ROUND = Duration.ofMinutes(2);

    @TempDir
    private Path directory;

    private final int minutes = Integer.getInteger("varve.history.minutes", SHORT_MINUTES);
    private final long seed = Long.getLong("varve.history.seed", new Random().nextInt(1_000_000));

    private ClusterOnTrial cluster;

    @BeforeEach
    void startCluster() throws IOException {
        Verdict.requireNoneBad();
        directory = directory.toRealPath();
        cluster = ClusterOnTrial.start(directory);
    }

    @AfterEach
    void stopCluster() throws IOException {
        cluster.close();
    }

    @Test
    void whatever_happens_to_nodes_what_clients_are_told_fits_together() throws Exception {
        boolean isLong = minutes > SHORT_MINUTES;
        Nemesis nemesis = new Nemesis(
                cluster, seed, isLong ? Duration.ofSeconds(30) : Duration.ofSeconds(6), Nemesis.possible(cluster));
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(minutes);
        for (int round = 1; round == 1 || System.nanoTime() < end; round++) {
            Path path = directory.resolve("history-" + round);
            try (HistoryFile history = new HistoryFile(path)) {
                long roundEnd = Math.min(end, System.nanoTime() + ROUND.toNanos());
                round(round, history, nemesis, roundEnd);
            } catch (AssertionError | Exception e) {
                throw new AssertionError(
                        e.getMessage() + "\n\nround " + round + ", seed " + seed + "; the history is in " + keep(path)
                                + "; again with -Dvarve.history.seed=" + seed + " -Dvarve.history.minutes=" + minutes
                                + "\nwhat was done:\n" + nemesis.schedule() + "\n" + cluster.errors(),
                        e);
            }
            Files.delete(path);
        }
    }

    private void round(int round, HistoryFile history, Nemesis nemesis, long end) throws Exception {
        String topic = "history-" + round;
        cluster.createTopic(topic, PARTITIONS);
        Load load = new Load(cluster, history, topic, PARTITIONS, seed + round);
        load.start();
        nemesis.torment(end, history::add);
        load.endProducing();
        long[] ends = load.readToTheEnd();
        history.close();
        HistoryCheck check = new HistoryCheck();
        HistoryFile.read(history.path(), check);
        List<String> violations = new ArrayList<>(check.end());
        violations.addAll(compareReplicas(ends));
        System.out.println("round " + round + ", seed " + seed + ": " + check.summary());
        if (!violations.isEmpty()) {
            Verdict.bad(check.summary() + ": " + violations);
        }
        assertThat(violations).as(check.summary()).isEmpty();
        assertThat(load.acknowledged())
                .as("enough was acknowledged for the rest to mean something")
                .isGreaterThan(1_000);
        cluster.deleteTopic(topic);
    }

    /** What the replicas have on their disks. */
    private List<String> compareReplicas(long[] ends) throws IOException {
        List<String> violations = new ArrayList<>();
        Map<Integer, Map<String, List<Frame>>> frames = new TreeMap<>();
        for (int node = 1; node <= ClusterOnTrial.NODES; node++) {
            for (Map.Entry<Integer, Path> log :
                    ReplicaFrames.logs(cluster.data(node)).entrySet()) {
                frames.computeIfAbsent(log.getKey(), key -> new TreeMap<>())
                        .put("n" + node, ReplicaFrames.read(log.getValue(), violations));
            }
        }
        for (int partition = 0; partition < PARTITIONS; partition++) {
            Map<String, List<Frame>> replicas = frames.getOrDefault(partition, Map.of());
            assertThat(replicas).as("replicas of partition " + partition).hasSize(ClusterOnTrial.NODES);
            violations.addAll(ReplicaFrames.violations(partition, replicas, ends[partition]));
        }
        return violations;
    }

    /** The history, and what the nodes said, outlive the directory of the test. */
    private Path keep(Path history) throws IOException {
        Path target = Path.of("target").toAbsolutePath();
        cluster.keepErrors(target);
        Path kept = target.resolve("failed-" + history.getFileName());
        return Files.copy(history, kept, StandardCopyOption.REPLACE_EXISTING);
    }
}
