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
import java.nio.file.Path;
import java.util.List;

/** Opens a log of many sealed segments that was closed cleanly: as the first thing that a process does, or in one that is warm. */
record OpenManySegments(String name, String work, boolean fresh) implements Row {
    private static final int SEALED = 1_000;
    private static final String RAW = "; raw: list the directory, ask segments for their lengths, read the manifest";

    static Row inFreshJvm() {
        return new OpenManySegments(
                "open-1000", "open a log of 1,000 sealed segments after a clean close, fresh JVM" + RAW, true);
    }

    static Row inWarmJvm() {
        return new OpenManySegments("open-1000-warm", "the same in a JVM that has done it before", false);
    }

    @Override
    public Unit unit() {
        return Unit.MILLIS;
    }

    @Override
    public List<Goal> goals() {
        return List.of(Goal.figure(unit(), 50));
    }

    @Override
    public int rounds() {
        return 9;
    }

    private static Path closed(Workplace workplace) throws Exception {
        return workplace.prepared("many-segments", directory -> {
            Values values = new Values();
            try (PartitionLog log = PartitionLog.open(directory, LogOptions.defaults())) {
                for (int i = 0; i < SEALED; i++) {
                    log.append(values.batch());
                    log.roll();
                }
                log.append(values.batch());
            }
        });
    }

    @Override
    public Contender raw(Workplace workplace) throws Exception {
        Path directory = closed(workplace);
        return fresh
                ? () -> FreshJvm.run(FreshJvm.Task.LIST_RAW, directory)
                : () -> {
                    Stopwatch stopwatch = Stopwatch.start();
                    FreshJvm.Task.LIST_RAW.run(directory);
                    return stopwatch.stop(1);
                };
    }

    @Override
    public Contender ours(Workplace workplace) throws Exception {
        Path directory = closed(workplace);
        return fresh ? () -> FreshJvm.run(FreshJvm.Task.OPEN, directory) : () -> openWarm(directory);
    }

    private static Slice openWarm(Path directory) {
        Stopwatch stopwatch = Stopwatch.start();
        try (PartitionLog log = PartitionLog.open(directory, LogOptions.defaults())) {
            Slice slice = stopwatch.stop(1);
            if (!log.recovery().clean()) {
                throw new IllegalStateException("not closed cleanly before");
            }
            return slice;
        }
    }
}
