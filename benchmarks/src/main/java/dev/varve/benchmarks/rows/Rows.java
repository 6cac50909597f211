package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Row;
import java.util.List;

/** The rows of the table, in its order. */
public final class Rows {
    private Rows() {}

    public static List<Row> all() {
        return List.of(
                AppendUnsynced.batches(),
                AppendUnsynced.singles(),
                new DurableSingles(),
                new DurableActor(),
                SequentialRead.ofBatches(),
                SequentialRead.ofRecords(),
                new PointReads(),
                new TimeLookups(),
                new Reopen(),
                new OpenManySegments(),
                new Compactions(),
                new AppendsBesideCompaction());
    }
}
