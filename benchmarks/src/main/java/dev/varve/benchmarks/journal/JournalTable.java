package dev.varve.benchmarks.journal;

import dev.varve.benchmarks.Latencies;
import dev.varve.benchmarks.Workplace;
import dev.varve.benchmarks.journal.Work.Outcome;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Measures journals beside each other, in turns, and prints what they came to, as a table in Markdown. */
public final class JournalTable {
    private static final int WARM_UP_ROUNDS = 3;
    private static final int ROUNDS = 9;

    private final Workplace workplace;
    private final PrintStream progress;
    private final int rounds;
    private final List<String> lines = new ArrayList<>();

    /** @param effort how many times the usual number of rounds */
    public JournalTable(Workplace workplace, PrintStream progress, double effort) {
        this.workplace = workplace;
        this.progress = progress;
        this.rounds = (int) Math.max(1, Math.round(effort * ROUNDS));
    }

    /** The names of all work, in the order of the table. */
    public static List<String> names() {
        List<String> names =
                new ArrayList<>(Works.all().stream().map(Work::name).toList());
        names.add(StoredMillion.NAME);
        return names;
    }

    /** @param names of the work to do; all if there are none */
    public void print(List<String> names, PrintStream out) throws Exception {
        for (Work work : Works.all()) {
            if (names.isEmpty() || names.contains(work.name())) {
                run(work);
            }
        }
        if (names.isEmpty() || names.contains(StoredMillion.NAME)) {
            new StoredMillion(workplace, progress, rounds).run().forEach(this::add);
        }
        out.println("| work | LevelDB, fsync | in memory | Varve | Varve / LevelDB | asked for | met |");
        out.println("|---|---|---|---|---|---|---|");
        lines.forEach(out::println);
    }

    private void add(String line) {
        lines.add(line);
        progress.println(line);
    }

    private void run(Work work) throws Exception {
        progress.println(work.name());
        Map<Peer, List<Outcome>> outcomes = new EnumMap<>(Peer.class);
        Map<Peer, JournalUnderTest> journals = new EnumMap<>(Peer.class);
        try {
            for (Peer peer : Peer.values()) {
                if (!work.queries() || peer.queryPluginId().isPresent()) {
                    journals.put(peer, open(work, peer));
                    outcomes.put(peer, new ArrayList<>());
                }
            }
            for (int round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
                for (Peer peer : journals.keySet()) {
                    if (!peer.survives() && round > 0) {
                        // One that keeps all events on the heap would have the others wait for the garbage collector.
                        double writesPerSecond = journals.get(peer).writesPerSecond();
                        journals.get(peer).close();
                        System.gc();
                        journals.put(peer, open(work, peer));
                        journals.get(peer).expect(writesPerSecond);
                    }
                    Outcome outcome = work.slice().in(journals.get(peer), round);
                    if (round >= WARM_UP_ROUNDS) {
                        outcomes.get(peer).add(outcome);
                    }
                }
            }
        } finally {
            journals.values().forEach(JournalUnderTest::close);
        }
        add(line(work, outcomes));
    }

    private JournalUnderTest open(Work work, Peer peer) throws Exception {
        JournalUnderTest journal = new JournalUnderTest(peer, workplace.freshDirectory(work.name()));
        work.preparation().in(journal);
        return journal;
    }

    private static String line(Work work, Map<Peer, List<Outcome>> outcomes) {
        double ratio = median(outcomes.get(Peer.VARVE)) / median(outcomes.get(Peer.LEVELDB));
        double p99 = latencies(outcomes.get(Peer.VARVE)).isEmpty()
                ? 0
                : latencies(outcomes.get(Peer.VARVE)).micros(0.99) / 1e3;
        boolean fast = ratio >= work.leastOfLevelDb();
        boolean prompt = work.p99Millis() == 0 || p99 < work.p99Millis();
        return String.format(
                Locale.ROOT,
                "| %s | %s | %s | %s | %.2f | %.4g times LevelDB%s | %s |",
                work.words(),
                figure(work, outcomes.get(Peer.LEVELDB)),
                figure(work, outcomes.get(Peer.IN_MEMORY)),
                figure(work, outcomes.get(Peer.VARVE)),
                ratio,
                work.leastOfLevelDb(),
                work.p99Millis() == 0 ? "" : String.format(Locale.ROOT, ", p99 under %.4g ms", work.p99Millis()),
                fast && prompt ? "yes" : "no");
    }

    private static String figure(Work work, List<Outcome> outcomes) {
        if (outcomes == null) {
            return "–";
        }
        Latencies latencies = latencies(outcomes);
        String figure = thousands(median(outcomes)) + " " + work.unit();
        return latencies.isEmpty()
                ? figure
                : figure
                        + String.format(
                                Locale.ROOT,
                                ", p50 %.3g ms, p99 %.3g ms",
                                latencies.micros(0.5) / 1e3,
                                latencies.micros(0.99) / 1e3);
    }

    static String thousands(double value) {
        return value < 1e3
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, value < 1e5 ? "%.1f k" : "%.0f k", value / 1e3);
    }

    private static double median(List<Outcome> outcomes) {
        return median(outcomes.stream().mapToDouble(Outcome::perSecond).toArray());
    }

    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static Latencies latencies(List<Outcome> outcomes) {
        Latencies all = new Latencies(0);
        outcomes.forEach(outcome -> all.addAll(outcome.latencies()));
        return all;
    }
}
