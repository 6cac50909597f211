package dev.varve.benchmarks.journal;

import dev.varve.benchmarks.Workplace;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;

/** Journals that hold a million events of ten thousand persistence ids: what they take on the disk and in memory, and how soon they open. */
final class StoredMillion {
    static final String NAME = "million";

    private static final int IDS = 10_000;
    private static final int EVENTS_EACH = 100;

    /** More writes than these, at once, take LevelDB longer than Pekko waits for a journal. */
    private static final int AT_ONCE = 500;

    private static final int BATCH = 10;
    private static final int HEAP_GOAL_MIB = 16;
    private static final int DISK_GOAL_BYTES = 250;

    private final Workplace workplace;
    private final PrintStream progress;
    private final int rounds;

    StoredMillion(Workplace workplace, PrintStream progress, int rounds) {
        this.workplace = workplace;
        this.progress = progress;
        this.rounds = rounds;
    }

    /** The lines of the table. */
    List<String> run() throws Exception {
        Map<Peer, Path> directories = new EnumMap<>(Peer.class);
        Map<Peer, Double> bytesPerEvent = new EnumMap<>(Peer.class);
        for (Peer peer : Peer.values()) {
            progress.println(NAME + ": filling " + peer.words());
            directories.put(peer, fill(peer));
            bytesPerEvent.put(peer, bytes(directories.get(peer)) / (double) (IDS * EVENTS_EACH));
        }
        Map<Peer, List<Double>> millis = new EnumMap<>(Peer.class);
        Map<Peer, List<Double>> heaps = new EnumMap<>(Peer.class);
        for (int round = 0; round < rounds + 2; round++) {
            for (Peer peer : Peer.values()) {
                open(peer, directories.get(peer), round, millis, heaps);
            }
        }
        return List.of(openLine(millis), heapLine(heaps), diskLine(bytesPerEvent));
    }

    private Path fill(Peer peer) throws Exception {
        Path directory = workplace.freshDirectory(NAME);
        if (peer.survives()) {
            try (JournalUnderTest journal = new JournalUnderTest(peer, directory)) {
                for (int i = 0; i < IDS / AT_ONCE; i++) {
                    List<ActorRef<Persister.Command>> some = journal.start(NAME + "-" + i, AT_ONCE, false);
                    journal.write(some, EVENTS_EACH / BATCH, BATCH);
                    journal.stop(some);
                }
            }
        }
        return directory;
    }

    private void open(
            Peer peer, Path directory, int round, Map<Peer, List<Double>> millis, Map<Peer, List<Double>> heaps)
            throws Exception {
        long start = System.nanoTime();
        try (JournalUnderTest journal = new JournalUnderTest(peer, directory)) {
            journal.start("nobody-" + round, 1, false);
            double took = (System.nanoTime() - start) / 1e6;
            if (round >= 2) {
                millis.computeIfAbsent(peer, p -> new ArrayList<>()).add(took);
                heaps.computeIfAbsent(peer, p -> new ArrayList<>()).add(usedHeapMib());
            }
        }
    }

    private static double usedHeapMib() {
        Runtime runtime = Runtime.getRuntime();
        double least = Double.MAX_VALUE;
        // What is garbage goes in more than one collection, where references have to be cleared first.
        for (int i = 0; i < 4; i++) {
            System.gc();
            least = Math.min(least, (runtime.totalMemory() - runtime.freeMemory()) / (double) (1 << 20));
        }
        return least;
    }

    private static long bytes(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            long sum = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                sum += Files.size(file);
            }
            return sum;
        }
    }

    private static double median(Map<Peer, List<Double>> values, Peer peer) {
        return JournalTable.median(
                values.get(peer).stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static String openLine(Map<Peer, List<Double>> millis) {
        double ours = median(millis, Peer.VARVE);
        double levelDb = median(millis, Peer.LEVELDB);
        return String.format(
                Locale.ROOT,
                "| open with 1,000,000 events of 10,000 ids stored, to the first empty recovery | %.0f ms | %.0f ms | %.0f ms"
                        + " | %.2f | as LevelDB or faster | %s |",
                levelDb,
                median(millis, Peer.IN_MEMORY),
                ours,
                levelDb / ours,
                ours <= levelDb ? "yes" : "no");
    }

    private static String heapLine(Map<Peer, List<Double>> heaps) {
        double base = median(heaps, Peer.IN_MEMORY);
        double ours = median(heaps, Peer.VARVE) - base;
        return String.format(
                Locale.ROOT,
                "| heap that the open journal adds | %.1f MiB | – | %.1f MiB | | %d MiB at most | %s |",
                median(heaps, Peer.LEVELDB) - base,
                ours,
                HEAP_GOAL_MIB,
                ours <= HEAP_GOAL_MIB ? "yes" : "no");
    }

    private static String diskLine(Map<Peer, Double> bytesPerEvent) {
        double ours = bytesPerEvent.get(Peer.VARVE);
        return String.format(
                Locale.ROOT,
                "| disk after 1,000,000 events of 10,000 ids, `persistAll` of 10, indexes included, closed | %.0f B/event | –"
                        + " | %.0f B/event | | %d B at most | %s |",
                bytesPerEvent.get(Peer.LEVELDB),
                ours,
                DISK_GOAL_BYTES,
                ours <= DISK_GOAL_BYTES ? "yes" : "no");
    }
}
