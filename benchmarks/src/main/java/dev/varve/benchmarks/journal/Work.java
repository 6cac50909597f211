package dev.varve.benchmarks.journal;

import dev.varve.benchmarks.Latencies;

/**
 * Work that journals do in turns.
 *
 * @param name a short name to choose it by
 * @param words what it is
 * @param unit what is counted, a second
 * @param leastOfLevelDb how many times as fast as LevelDB it should be
 * @param p99Millis the latency that all but one in a hundred should be under; 0 if none is asked for
 * @param queries whether it needs a read journal
 * @param preparation done once, not measured
 * @param slice done in each round
 */
record Work(
        String name,
        String words,
        String unit,
        double leastOfLevelDb,
        double p99Millis,
        boolean queries,
        Preparation preparation,
        Round slice) {

    /** Fills a journal. */
    interface Preparation {
        void in(JournalUnderTest journal) throws Exception;
    }

    /** One round of work. */
    interface Round {
        Outcome in(JournalUnderTest journal, int round) throws Exception;
    }

    /** How much was done in what time. */
    record Outcome(double amount, long nanos, Latencies latencies) {
        double perSecond() {
            return amount * 1e9 / nanos;
        }
    }

    static Work of(String name, String words, String unit, double leastOfLevelDb, Round slice) {
        return new Work(name, words, unit, leastOfLevelDb, 0, false, journal -> {}, slice);
    }

    Work withPreparation(Preparation first) {
        return new Work(name, words, unit, leastOfLevelDb, p99Millis, queries, first, slice);
    }

    Work withP99Under(double millis) {
        return new Work(name, words, unit, leastOfLevelDb, millis, queries, preparation, slice);
    }

    Work ofQueries() {
        return new Work(name, words, unit, leastOfLevelDb, p99Millis, true, preparation, slice);
    }
}
