package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Contender;
import dev.varve.benchmarks.Goal;
import dev.varve.benchmarks.Row;
import dev.varve.benchmarks.Slice;
import dev.varve.benchmarks.Stopwatch;
import dev.varve.benchmarks.Unit;
import dev.varve.benchmarks.Workplace;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.SyncPolicy;
import java.util.List;

/** Appends without a sync, each slice into a new file, so that the pages are new to the operating system every time. */
record AppendUnsynced(String name, String work, int batch, int batchesInSlice, List<Goal> goals) implements Row {

    static Row batches() {
        return new AppendUnsynced(
                "append-batches",
                "append, batches of 100, sync none",
                Values.BATCH,
                2_000,
                List.of(Goal.figure(Unit.MILLIONS_PER_SECOND, 1.5), Goal.shareOfRaw(0.6)));
    }

    static Row singles() {
        return new AppendUnsynced(
                "append-singles", "append one at a time, sync none", 1, 150_000, List.of(Goal.shareOfRaw(0.85)));
    }

    @Override
    public Unit unit() {
        return Unit.MILLIONS_PER_SECOND;
    }

    @Override
    public int rounds() {
        return 21;
    }

    @Override
    public Contender raw(Workplace workplace) {
        int frameBytes = Values.frameBytes(batch);
        return () -> {
            try (RawFile file = RawFile.create(workplace.fresh("raw"), frameBytes)) {
                Stopwatch stopwatch = Stopwatch.start();
                for (int i = 0; i < batchesInSlice; i++) {
                    file.write(1);
                }
                return stopwatch.stop(batch * batchesInSlice);
            }
        };
    }

    @Override
    public Contender ours(Workplace workplace) {
        Values values = new Values();
        LogOptions options = LogOptions.defaults().withSyncPolicy(SyncPolicy.none());
        return () -> {
            PartitionLog log = PartitionLog.open(workplace.fresh("ours"), options);
            Stopwatch stopwatch = Stopwatch.start();
            if (batch == 1) {
                appendSingles(log, values);
            } else {
                appendBatches(log, values);
            }
            Slice slice = stopwatch.stop(batch * batchesInSlice);
            log.delete();
            return slice;
        };
    }

    private void appendSingles(PartitionLog log, Values values) {
        for (int i = 0; i < batchesInSlice; i++) {
            log.append(values.record());
        }
    }

    private void appendBatches(PartitionLog log, Values values) {
        for (int i = 0; i < batchesInSlice; i++) {
            log.append(values.batch());
        }
    }
}
