package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes, each in a process of its own: whichever dies, nothing that was acknowledged is lost, and nothing is there twice. */
class ClusterKillTest {
    @TempDir
    Path directory;

    private final long seed = Long.getLong("varve.test.seed", new Random().nextLong());
    private final Random random = new Random(seed);
    private final Map<String, String> addresses = new TreeMap<>();
    private final Map<String, NodeProcess> nodes = new LinkedHashMap<>();

    /** What was asked, by the value that was to be appended, and what became of it. */
    private final Map<String, CompletableFuture<String>> appends = new LinkedHashMap<>();

    private final List<String> history = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        Verdict.requireNoneBad();
        List<String> free = Ports.free(3);
        for (int i = 0; i < 3; i++) {
            addresses.put("n" + (i + 1), free.get(i));
        }
        List<CompletableFuture<Void>> starting = new ArrayList<>();
        for (String id : addresses.keySet()) {
            starting.add(CompletableFuture.runAsync(() -> startNode(id)));
        }
        CompletableFuture.allOf(starting.toArray(CompletableFuture[]::new)).join();
        // Three JVMs that start at once may need longer than a request may take.
        Eventually.holds(() -> nodes.get("n1").askAndWait("ready").equals("ready"), "n1 is ready");
        Eventually.holds(() -> isCreated(nodes.get("n1").askAndWait("create t 1")), "there is a topic");
    }

    private static boolean isCreated(String answer) {
        return answer.equals("created") || answer.contains("there is a topic 't' already");
    }

    private void startNode(String id) {
        try {
            NodeProcess node = NodeProcess.start(directory, id, addresses);
            synchronized (nodes) {
                nodes.put(id, node);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void stop() throws IOException {
        for (NodeProcess node : nodes.values()) {
            node.close();
        }
    }

    private List<String> living() {
        return nodes.keySet().stream().sorted().toList();
    }

    private void append(int count) {
        List<CompletableFuture<String>> under = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String id = living().get(random.nextInt(nodes.size()));
            String value = "v" + appends.size();
            CompletableFuture<String> answer = nodes.get(id).ask("append t 0 " + value);
            appends.put(value, answer);
            under.add(answer.whenComplete((said, failure) -> note(value + " through " + id + ": " + said)));
            if (under.size() >= 20) {
                under.remove(0)
                        .orTimeout(60, java.util.concurrent.TimeUnit.SECONDS)
                        .join();
            }
        }
    }

    private void note(String line) {
        synchronized (history) {
            history.add(line);
        }
    }

    private String leader() {
        String asked = living().get(0);
        String leader = nodes.get(asked).askAndWait("leader t 0");
        note("leader according to " + asked + ": " + leader);
        return leader;
    }

    @Test
    void killing_the_leader_again_and_again_loses_and_doubles_nothing() {
        try {
            append(100);
            for (int round = 0; round < 3; round++) {
                String leader = leader();
                append(30 + random.nextInt(60));
                note("kill " + leader);
                nodes.remove(leader).kill();
                append(100);
                note("start " + leader);
                startNode(leader);
                append(50);
            }
            // All three have a say again.
            try {
                check();
            } catch (AssertionError e) {
                Verdict.bad("killing leaders: " + e.getMessage());
                throw e;
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + "\n" + String.join("\n", history) + "\n" + errors(), e);
        }
    }

    private String errors() {
        StringBuilder all = new StringBuilder();
        nodes.forEach((id, node) -> all.append(id).append(" says: ").append(node.errors()));
        return all.toString();
    }

    private void check() {
        Map<String, String> told = new LinkedHashMap<>();
        appends.forEach((value, answer) -> told.put(
                value,
                answer.orTimeout(60, java.util.concurrent.TimeUnit.SECONDS).join()));
        assertThat(told.values().stream().filter(answer -> answer.startsWith("appended")))
                .as("enough was acknowledged for the rest to mean something")
                .hasSizeGreaterThan(told.size() / 2);
        Map<String, String> whole = new HashMap<>();
        for (String id : living()) {
            assertThat(nodes.get(id).askAndWait("ready")).isEqualTo("ready");
            String read = nodes.get(id).askAndWait("read t 0");
            whole.put(id, read);
            check(id, read, told);
        }
        assertThat(new HashSet<>(whole.values())).as("all nodes hold the same").hasSize(1);
    }

    static void check(String id, String read, Map<String, String> told) {
        assertThat(read).as("read on " + id).startsWith("records");
        Map<String, Long> offsets = new HashMap<>();
        Set<Long> used = new HashSet<>();
        long last = -1;
        for (String record : read.substring("records".length()).trim().split(" ")) {
            long offset = Long.parseLong(record.substring(0, record.indexOf(':')));
            String value = record.substring(record.indexOf(':') + 1);
            assertThat(offsets.put(value, offset))
                    .as(value + " is there once on " + id)
                    .isNull();
            assertThat(told).as("what was never sent").containsKey(value);
            assertThat(told.get(value)).as("what was refused is not there").doesNotStartWith("refused");
            assertThat(offset).as("without gaps").isEqualTo(++last);
            used.add(offset);
        }
        told.forEach((value, answer) -> {
            if (answer.startsWith("appended ")) {
                assertThat(offsets.get(value))
                        .as(value + " was acknowledged, and is on " + id)
                        .isEqualTo(Long.parseLong(answer.substring("appended ".length())));
            }
        });
    }
}
