package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Contender;
import dev.varve.benchmarks.Goal;
import dev.varve.benchmarks.Row;
import dev.varve.benchmarks.Unit;
import dev.varve.benchmarks.Workplace;
import java.nio.file.Path;
import java.util.List;

/** Opens a log whose last owner died, in a fresh JVM. The raw floor reads the segment and computes a checksum over it, in one too. */
final class Reopen implements Row {

    @Override
    public String name() {
        return "reopen";
    }

    @Override
    public String work() {
        return "reopen one active 1 GB segment after a kill, fresh JVM";
    }

    @Override
    public Unit unit() {
        return Unit.MILLIS;
    }

    @Override
    public List<Goal> goals() {
        return List.of(Goal.figure(unit(), 300));
    }

    @Override
    public int rounds() {
        return 9;
    }

    private static Path killed(Workplace workplace) throws Exception {
        return workplace.prepared("killed", directory -> FreshJvm.run(FreshJvm.Task.FILL, directory));
    }

    @Override
    public Contender raw(Workplace workplace) throws Exception {
        Path directory = killed(workplace);
        return () -> FreshJvm.run(FreshJvm.Task.SCAN_RAW, directory);
    }

    @Override
    public Contender ours(Workplace workplace) throws Exception {
        Path directory = killed(workplace);
        return () -> FreshJvm.run(FreshJvm.Task.OPEN, directory);
    }
}
