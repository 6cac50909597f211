package dev.varve.server.history;

import dev.varve.server.history.Event.Note;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Does to a cluster what may be done to it, one thing after the other, each kind once and then at random, as a seed says. Which node is hit,
 * and for how long, the seed says too; only who leads just then it cannot know. One thread.
 */
final class Nemesis {
    /** What is done to a node. */
    enum Fault {
        KILL,
        KILL_ALL,
        RESTART,
        PAUSE,
        UNPLUG,
        CUT_FROM_PEERS,
        CUT_ONE_WAY,
        LOSE_POWER,
        LOSE_ALL_POWER,
        FILL_DISK,
        FAIL_SYNCS,
        LOSE_DATA;

        private boolean needsNetwork() {
            return this == UNPLUG || this == CUT_FROM_PEERS || this == CUT_ONE_WAY;
        }

        private boolean needsDisks() {
            return this == LOSE_POWER || this == LOSE_ALL_POWER || this == FILL_DISK;
        }
    }

    /** A node that is up and joined has everything again by then, whatever happened to it. */
    private static final Duration CATCH_UP = Duration.ofSeconds(60);

    private static final List<Integer> ALL = List.of(1, 2, 3);

    private final ClusterOnTrial cluster;
    private final Random random;
    private final Duration longest;
    private final Set<Fault> possible;
    private final List<Fault> due = new ArrayList<>();
    private final List<String> schedule = new ArrayList<>();
    private final long startNanos = System.nanoTime();

    /**
     * @param longest how long a node is paused, cut off or down at most
     */
    Nemesis(ClusterOnTrial cluster, long seed, Duration longest, Set<Fault> possible) {
        this.cluster = cluster;
        this.random = new Random(seed);
        this.longest = longest;
        this.possible = EnumSet.copyOf(possible);
    }

    /** What can be done here; tells what cannot. */
    static Set<Fault> possible(ClusterOnTrial cluster) throws IOException {
        String wanted = System.getProperty("varve.history.faults");
        Set<Fault> possible = EnumSet.allOf(Fault.class);
        if (wanted != null) {
            possible.retainAll(Stream.of(wanted.split(",")).map(Fault::valueOf).toList());
        }
        possible.removeIf(
                fault -> fault.needsNetwork() && !cluster.hasNetwork() || fault.needsDisks() && !cluster.hasDisks());
        String refusal = ClusterOnTrial.refusalOfErrors();
        if (refusal != null) {
            System.out.println("SKIPPED: no errors of syncs: " + refusal);
            possible.remove(Fault.FAIL_SYNCS);
        }
        return possible;
    }

    /** What was done, and when. */
    synchronized String schedule() {
        return String.join("\n", schedule);
    }

    private void note(Consumer<Event> history, String what) {
        String line = "%.1f s: %s".formatted((System.nanoTime() - startNanos) / 1e9, what);
        synchronized (this) {
            schedule.add(line);
        }
        history.accept(new Note(line));
    }

    /** Goes on until the time is over; then all nodes are up and joined again. */
    void torment(long untilNanos, Consumer<Event> history) throws IOException, InterruptedException {
        while (System.nanoTime() < untilNanos) {
            if (due.isEmpty()) {
                due.addAll(possible);
                Collections.shuffle(due, random);
            }
            Fault fault = due.remove(0);
            int group = random.nextInt(3) - 1;
            int other = 1 + random.nextInt(ClusterOnTrial.NODES);
            long millis = 500 + random.nextInt((int) longest.toMillis());
            boolean waits = random.nextInt(4) > 0;
            long rest = random.nextInt(2_000);
            int node = group < 0 ? other : cluster.leader(group).orElse(other);
            note(
                    history,
                    fault + " n" + node + (group < 0 ? "" : ", which leads group " + group) + ", " + millis + " ms");
            inflict(fault, node, millis);
            note(history, "over");
            if (waits) {
                for (int each : ALL) {
                    cluster.mustGetReady(each);
                }
                note(history, "all are ready");
                cluster.mustCatchUp(CATCH_UP);
                note(history, "all have caught up");
            }
            Thread.sleep(rest);
        }
        for (int node : ALL) {
            if (!cluster.isAlive(node)) {
                throw new AssertionError("n" + node + " has ended by itself");
            }
            cluster.mustGetReady(node);
        }
        cluster.mustCatchUp(CATCH_UP);
    }

    private void inflict(Fault fault, int node, long millis) throws IOException, InterruptedException {
        switch (fault) {
            case KILL -> {
                cluster.kill(node);
                Thread.sleep(millis);
                cluster.startNode(node);
            }
            case KILL_ALL -> {
                for (int each : ALL) {
                    cluster.kill(each);
                }
                startAll();
            }
            case RESTART -> {
                cluster.terminate(node);
                Thread.sleep(millis);
                cluster.startNode(node);
            }
            case PAUSE -> {
                cluster.stop(node);
                Thread.sleep(millis);
                cluster.goOn(node);
            }
            case UNPLUG -> {
                cluster.unplug(node);
                Thread.sleep(millis);
                cluster.plug(node);
            }
            case CUT_FROM_PEERS -> {
                cluster.cutFromPeers(node);
                Thread.sleep(millis);
                cluster.joinPeers(node, true);
            }
            case CUT_ONE_WAY -> {
                cluster.cutOneWay(node);
                Thread.sleep(millis);
                cluster.joinPeers(node, false);
            }
            case LOSE_POWER -> {
                cluster.losePower(List.of(node));
                Thread.sleep(millis);
                cluster.startNode(node);
            }
            case LOSE_ALL_POWER -> {
                cluster.losePower(ALL);
                startAll();
            }
            case FILL_DISK -> {
                cluster.fillDisk(node);
                Thread.sleep(millis);
                cluster.emptyDisk(node);
                // As its log says: start it again when the cause is gone.
                cluster.kill(node);
                cluster.startNode(node);
            }
            case FAIL_SYNCS -> {
                Closeable failing = cluster.failSyncs(node);
                Thread.sleep(millis);
                failing.close();
                cluster.kill(node);
                cluster.startNode(node);
            }
            case LOSE_DATA -> {
                cluster.kill(node);
                cluster.loseData(node);
                Thread.sleep(millis);
                cluster.startNode(node);
                // Until it has everything, the loss of another one would be one too many.
                cluster.mustGetReady(node);
                cluster.mustBelong(node, CATCH_UP);
                cluster.mustCatchUp(CATCH_UP);
            }
        }
    }

    /** Any two of three get ready, in whatever order they start. */
    private void startAll() throws IOException, InterruptedException {
        List<Integer> order = new ArrayList<>(ALL);
        Collections.shuffle(order, random);
        for (int each : order) {
            cluster.startNode(each);
            Thread.sleep(random.nextInt(500));
        }
    }
}
