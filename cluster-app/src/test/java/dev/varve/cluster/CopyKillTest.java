package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes, each in a process of its own: one of them copies what it missed, and it or the one that it copies from is killed meanwhile. */
class CopyKillTest {
    private static final List<String> SMALL_LOGS =
            List.of("-Dvarve.test.snapshotBytes=1048576", "-Dvarve.test.keptBytes=4194304");

    /** So that there is time to kill somebody. */
    private static final String SLOWLY = "-Dvarve.test.copyBytesPerSecond=1500000";

    @TempDir
    Path directory;

    private final Map<String, String> addresses = new TreeMap<>();
    private final Map<String, NodeProcess> nodes = new HashMap<>();
    private long records;

    @BeforeEach
    void start() throws IOException {
        List<String> free = Ports.free(3);
        for (int i = 0; i < 3; i++) {
            addresses.put("n" + (i + 1), free.get(i));
        }
        List<CompletableFuture<NodeProcess>> starting = new ArrayList<>();
        for (String id : addresses.keySet()) {
            starting.add(CompletableFuture.supplyAsync(() -> process(id, SMALL_LOGS)));
        }
        for (String id : addresses.keySet()) {
            nodes.put(id, starting.remove(0).join());
        }
        untilReady("n1");
        assertThat(nodes.get("n1").askAndWait("create t 1")).isEqualTo("created");
        fill("n1", 1);
    }

    private NodeProcess process(String id, List<String> flags) {
        try {
            return NodeProcess.start(directory, id, addresses, flags);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void startNode(String id, String... more) {
        List<String> flags = new ArrayList<>(SMALL_LOGS);
        flags.addAll(List.of(more));
        nodes.put(id, process(id, flags));
    }

    @AfterEach
    void stop() throws IOException {
        for (NodeProcess node : nodes.values()) {
            node.close();
        }
    }

    private void fill(String node, int count) {
        for (int i = 0; i < count; i += 4) {
            int now = Math.min(4, count - i);
            assertThat(nodes.get(node).askAndWait("fill t 0 " + now)).isEqualTo(Integer.toString(now));
        }
        records += count;
    }

    /** With the third node away, has the others write more than they keep for it. */
    private void leaveN3Behind() {
        nodes.remove("n3").kill();
        fill("n1", 32);
        for (String node : List.of("n1", "n2")) {
            Nudges.until(
                    "the Raft log of " + node + " is cut",
                    () -> Long.parseLong(nodes.get(node).askAndWait("cut t")) > 8);
        }
    }

    /** Until so much of the copy is there that it is neither just beginning nor about to be done. */
    private void untilN3Copies() {
        Path copies = directory.resolve("n3").resolve("copies");
        Nudges.until("n3 copies", () -> bytes(copies) > 4 << 20);
        assertThat(bytes(copies)).isLessThan(13 << 20);
    }

    private static long bytes(Path tree) {
        if (!Files.exists(tree)) {
            return 0;
        }
        try (Stream<Path> all = Files.walk(tree)) {
            return all.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }

    private void untilReady(String node) {
        Nudges.until(
                node + " is ready", () -> nodes.get(node).askAndWait("ready").equals("ready"));
    }

    private void assertAllTheSame() {
        String expected = null;
        for (String node : addresses.keySet()) {
            untilReady(node);
            String digest = nodes.get(node).askAndWait("digest t 0");
            expected = expected == null ? digest : expected;
            assertThat(digest).as(node).isEqualTo(expected).startsWith(records + " ");
        }
    }

    @Test
    void a_node_that_is_killed_while_it_copies_copies_again() {
        leaveN3Behind();
        startNode("n3", SLOWLY);
        untilN3Copies();
        nodes.remove("n3").kill();
        startNode("n3");
        assertAllTheSame();
        assertThat(bytes(directory.resolve("n3").resolve("copies"))).isZero();
    }

    @Test
    void a_node_copies_from_another_one_when_that_is_killed_from_which_it_copied() {
        leaveN3Behind();
        startNode("n3", SLOWLY);
        untilN3Copies();
        String leader = nodes.get("n1").askAndWait("leader t 0");
        assertThat(leader).isIn("n1", "n2");
        nodes.remove(leader).kill();
        // Two of three are there again when it has copied: only then can anything be appended.
        String other = leader.equals("n1") ? "n2" : "n1";
        untilReady(other);
        fill(other, 1);
        startNode(leader);
        assertAllTheSame();
    }
}
