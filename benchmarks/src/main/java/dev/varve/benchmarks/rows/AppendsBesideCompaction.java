package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Contender;
import dev.varve.benchmarks.Goal;
import dev.varve.benchmarks.Latencies;
import dev.varve.benchmarks.Row;
import dev.varve.benchmarks.Slice;
import dev.varve.benchmarks.Unit;
import dev.varve.benchmarks.Workplace;
import dev.varve.log.LogException;
import dev.varve.log.PartitionLog;
import dev.varve.log.SyncPolicy;
import dev.varve.partition.MaintenanceSettings;
import dev.varve.partition.Pacer;
import java.util.List;

/**
 * Durable appends of one record to a log that is being compacted at the pace of the reference configuration; the raw floor is the same log
 * while it is left alone.
 */
final class AppendsBesideCompaction implements Row {
    private static final int APPENDS = 600;

    @Override
    public String name() {
        return "appends-beside-compaction";
    }

    @Override
    public String work() {
        return "durable appends beside compaction at its usual pace (raw: without it)";
    }

    @Override
    public Unit unit() {
        return Unit.THOUSANDS_PER_SECOND;
    }

    @Override
    public List<Goal> goals() {
        return List.of(Goal.shareOfRaw(0.8));
    }

    @Override
    public int rounds() {
        return 15;
    }

    private static PartitionLog open(Workplace workplace) throws Exception {
        return PartitionLog.open(HalfDead.copy(workplace), HalfDead.OPTIONS.withSyncPolicy(SyncPolicy.everyWrite()));
    }

    private static Slice append(PartitionLog log, Values values) {
        long start = System.nanoTime();
        for (int i = 0; i < APPENDS; i++) {
            log.append(values.record());
        }
        return Slice.of(APPENDS, System.nanoTime() - start, Latencies.NONE);
    }

    @Override
    public Contender raw(Workplace workplace) throws Exception {
        PartitionLog log = open(workplace);
        Values values = new Values();
        return new Contender() {
            @Override
            public Slice slice() {
                return append(log, values);
            }

            @Override
            public void close() {
                log.delete();
            }
        };
    }

    @Override
    public Contender ours(Workplace workplace) throws Exception {
        return new Beside(workplace);
    }

    private static final class Beside implements Contender {
        private final Workplace workplace;
        private final Values values = new Values();
        private PartitionLog log;
        private Thread compacting;
        private volatile boolean isPaused;

        Beside(Workplace workplace) {
            this.workplace = workplace;
        }

        /** Compaction goes on only while appends are measured, so that it slows nobody else down and lasts for many slices. */
        @Override
        public Slice slice() throws Exception {
            if (compacting == null || !compacting.isAlive()) {
                begin();
            }
            isPaused = false;
            Slice slice = append(log, values);
            isPaused = true;
            if (!compacting.isAlive()) {
                throw new IllegalStateException("compaction was over before the appends were");
            }
            return slice;
        }

        private void begin() throws Exception {
            if (log != null) {
                log.delete();
            }
            log = open(workplace);
            PartitionLog compacted = log;
            Pacer pacer = new Pacer(MaintenanceSettings.DEFAULT.bytesPerSecond());
            compacting = new Thread(() -> {
                try {
                    compacted.compact(Compactions.POLICY, bytes -> {
                        while (isPaused) {
                            sleep();
                        }
                        pacer.accept(bytes);
                    });
                } catch (LogException.Closed e) {
                    // The measurement is over.
                }
            });
            compacting.start();
        }

        private static void sleep() {
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() {
            isPaused = false;
            log.delete();
        }
    }
}
