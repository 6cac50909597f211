package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Contender;
import dev.varve.benchmarks.Goal;
import dev.varve.benchmarks.Row;
import dev.varve.benchmarks.Unit;
import dev.varve.benchmarks.Workplace;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import java.nio.file.Path;
import java.util.List;

/** Opens a log of many sealed segments that was closed cleanly, in a fresh JVM. */
final class OpenManySegments implements Row {
    private static final int SEALED = 1_000;

    @Override
    public String name() {
        return "open-1000";
    }

    @Override
    public String work() {
        return "open a log of 1,000 sealed segments after a clean close, fresh JVM; raw: list the directory, read the manifest";
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
        return () -> FreshJvm.run(FreshJvm.Task.LIST_RAW, directory);
    }

    @Override
    public Contender ours(Workplace workplace) throws Exception {
        Path directory = closed(workplace);
        return () -> FreshJvm.run(FreshJvm.Task.OPEN, directory);
    }
}
