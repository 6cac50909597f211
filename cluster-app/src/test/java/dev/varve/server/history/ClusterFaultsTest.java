package dev.varve.server.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.ClusterDescription;
import dev.varve.cluster.Verdict;
import dev.varve.log.machine.Machine;
import dev.varve.server.client.Fetched;
import dev.varve.server.history.Load.Answer;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** What a cluster of three owes its clients when one of its disks is sick, when a node is cut off, and when two of its nodes are gone. */
class ClusterFaultsTest {
    /** "Appends go on within 5 seconds." */
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(5);

    /** "It rejoins by itself within 30 s of the end of a cut." */
    private static final Duration REJOIN = Duration.ofSeconds(30);

    private static final int COMMITTED = 100;

    @TempDir
    private static Path directory;

    private static ClusterOnTrial cluster;

    private String topic;
    private HistoryFile history;
    private Load load;

    @BeforeAll
    static void startCluster() throws IOException {
        directory = directory.toRealPath();
        cluster = ClusterOnTrial.start(directory);
    }

    @AfterAll
    static void stopCluster() throws IOException {
        if (cluster != null) {
            cluster.close();
        }
    }

    @BeforeEach
    void createTopic(TestInfo test) throws IOException {
        Verdict.requireNoneBad();
        for (int node = 1; node <= ClusterOnTrial.NODES; node++) {
            if (!cluster.isAlive(node)) {
                // A test has failed before it could do that.
                cluster.startNode(node);
                cluster.mustGetReady(node);
            }
        }
        topic = test.getTestMethod().orElseThrow().getName();
        cluster.createTopic(topic, 1);
        history = new HistoryFile(directory.resolve(topic));
        load = new Load(cluster, history, topic, 1, 1);
    }

    /** The node that leads the group of the one partition there is, as this one says; waits until there is one. */
    private int leader(int asked) throws InterruptedException {
        while (true) {
            Optional<String> leader = cluster.client(asked)
                    .describeTopic(topic)
                    .toCompletableFuture()
                    .join()
                    .orElseThrow()
                    .partitions()
                    .get(0)
                    .leader();
            Optional<Integer> number = leader.flatMap(cluster::number);
            if (number.isPresent()) {
                return number.get();
            }
            Thread.sleep(100);
        }
    }

    private static int next(int node) {
        return 1 + node % ClusterOnTrial.NODES;
    }

    private void checkHistory() throws Exception {
        load.readToTheEnd();
        history.close();
        HistoryCheck check = new HistoryCheck();
        HistoryFile.read(history.path(), check);
        List<String> violations = check.end();
        System.out.println(topic + ": " + check.summary());
        if (!violations.isEmpty()) {
            Verdict.bad(check.summary() + ": " + violations);
        }
        assertThat(violations).as(check.summary()).isEmpty();
    }

    @Test
    void a_leader_whose_disk_is_full_steps_aside_and_appends_go_on() throws Exception {
        Machine.skipUnless(cluster.hasDisks(), "no full disks, for file systems cannot be made and mounted here");
        int sick = leader(1);
        Duration silence = silenceWhile(() -> {
            cluster.fillDisk(sick);
            awaitAnotherLeader(sick);
            Thread.sleep(5_000);
        });
        cluster.emptyDisk(sick);
        startAgain(sick);
        checkHistory();
        assertThat(silence).isLessThan(LONGEST_SILENCE);
    }

    @Test
    void a_leader_whose_syncs_fail_steps_aside_and_appends_go_on() throws Exception {
        String refusal = ClusterOnTrial.refusalOfErrors();
        Machine.skipUnless(refusal == null, refusal);
        int sick = leader(1);
        Duration silence = silenceWhile(() -> {
            Closeable failing = cluster.failSyncs(sick);
            awaitAnotherLeader(sick);
            Thread.sleep(5_000);
            failing.close();
        });
        startAgain(sick);
        checkHistory();
        assertThat(silence).isLessThan(LONGEST_SILENCE);
    }

    private interface Fault {
        void happen() throws Exception;
    }

    /** For how long nothing was acknowledged at the longest, while something happened. */
    private Duration silenceWhile(Fault fault) throws Exception {
        AtomicBoolean goesOn = new AtomicBoolean(true);
        CompletableFuture<Duration> silence = CompletableFuture.supplyAsync(() -> load.appendWhile(goesOn::get));
        try {
            fault.happen();
        } finally {
            goesOn.set(false);
            System.out.println(topic + ": nothing was acknowledged for " + silence.join());
        }
        return silence.join();
    }

    private void awaitAnotherLeader(int before) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (leader(next(before)) == before) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("n" + before + " still leads\n" + cluster.errors());
            }
            Thread.sleep(200);
        }
    }

    private void startAgain(int node) throws IOException {
        cluster.kill(node);
        cluster.startNode(node);
        cluster.mustGetReady(node);
    }

    @Test
    void a_leader_that_is_cut_off_shows_what_is_committed_and_joins_the_others_again_by_itself() throws Exception {
        Machine.skipUnless(cluster.hasNetwork(), "no cuts, for network namespaces are not allowed here");
        awaitClustered(ClusterOnTrial.NODES, 1, 2, 3);
        int away = leader(1);
        int other = next(away);
        int third = next(other);
        commit(away);
        cluster.cutFromPeers(away);
        long cut = System.nanoTime();
        try {
            Answer refused = load.appendOnce(away);
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.code()).isIn("not-enough-replicas", "outcome-unknown");
            assertThat(refused.detail()).contains("majority");
            awaitClustered(2, other, third);
            // It has taken the others for lost, too, and ended its clustered actor system. The next one finds nobody to
            // join.
            awaitClustered(0, away);
            assertThat(load.appendOnce(third).status()).as("the others go on").isEqualTo(200);
            checkReadable(away);
            assertThat(cluster.isAlive(away)).isTrue();
        } finally {
            cluster.joinPeers(away, true);
        }
        long healed = System.nanoTime();
        awaitClustered(ClusterOnTrial.NODES, 1, 2, 3);
        Duration rejoined = Duration.ofNanos(System.nanoTime() - healed);
        System.out.println(
                topic + ": cut off for " + Duration.ofNanos(healed - cut) + ", joined again " + rejoined + " later");
        assertThat(load.appendOnce(away).status()).as("it goes on").isEqualTo(200);
        checkHistory();
        assertThat(rejoined).isLessThan(REJOIN);
    }

    /** Waits until each of these nodes sees so many in the Pekko cluster, itself included. */
    private void awaitClustered(long count, int... nodes) throws InterruptedException {
        long deadline = System.nanoTime() + 3 * REJOIN.toNanos();
        for (int node : nodes) {
            while (clustered(node) != count) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError(
                            "n" + node + " does not see " + count + " nodes\n" + cluster.status() + cluster.errors());
                }
                Thread.sleep(100);
            }
        }
    }

    private static long clustered(int node) {
        return cluster.client(node).describeCluster().toCompletableFuture().join().nodes().stream()
                .filter(ClusterDescription.Node::isClustered)
                .count();
    }

    @Test
    void when_a_majority_is_gone_the_leader_refuses_appends_and_shows_what_is_committed() throws Exception {
        loseTheOthersOf(leader(1));
    }

    @Test
    void when_a_majority_is_gone_a_follower_refuses_appends_and_shows_what_is_committed() throws Exception {
        loseTheOthersOf(next(leader(1)));
    }

    private void commit(int node) throws Exception {
        for (int i = 0; i < COMMITTED; i++) {
            assertThat(load.appendOnce(node).status()).isEqualTo(200);
        }
    }

    private void loseTheOthersOf(int survivor) throws Exception {
        commit(survivor);
        // A follower hears a little later that an entry is committed, and without a leader never.
        while (cluster.client(survivor)
                        .highWatermark(topic, 0)
                        .toCompletableFuture()
                        .join()
                < COMMITTED) {
            Thread.sleep(50);
        }
        List<Integer> others = IntStream.rangeClosed(1, ClusterOnTrial.NODES)
                .filter(node -> node != survivor)
                .boxed()
                .toList();
        for (int node : others) {
            cluster.kill(node);
        }
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            answers.add(load.appendOnce(survivor));
            checkReadable(survivor);
        }
        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.code()).isIn("not-enough-replicas", "outcome-unknown");
            assertThat(answer.detail()).contains("majority");
        });
        assertThat(answers.get(answers.size() - 1).code())
                .as("once nobody leads it is sure that nothing was stored")
                .isEqualTo("not-enough-replicas");
        for (int node : others) {
            cluster.startNode(node);
        }
        for (int node : others) {
            cluster.mustGetReady(node);
        }
        assertThat(load.appendOnce(survivor).status()).as("appends go on").isEqualTo(200);
        checkHistory();
    }

    /** What is committed, and nothing else. */
    private void checkReadable(int survivor) {
        Fetched fetched = cluster.client(survivor)
                .read(topic, 0, 0, 1 << 20, Duration.ZERO)
                .toCompletableFuture()
                .join();
        assertThat(fetched.records().size()).isEqualTo(COMMITTED);
        assertThat(fetched.highWatermark()).isEqualTo(COMMITTED);
    }
}
