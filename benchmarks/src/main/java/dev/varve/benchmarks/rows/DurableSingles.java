package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Contender;
import dev.varve.benchmarks.Goal;
import dev.varve.benchmarks.Latencies;
import dev.varve.benchmarks.Row;
import dev.varve.benchmarks.Slice;
import dev.varve.benchmarks.Unit;
import dev.varve.benchmarks.Workplace;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import java.io.IOException;
import java.util.List;

/** One durable append after the other. */
final class DurableSingles implements Row {
    private static final int APPENDS = 1_000;

    private static final long PREALLOCATED_BYTES = 64 << 20;

    @Override
    public String name() {
        return "durable-singles";
    }

    @Override
    public String work() {
        return "one durable append in flight, every-write; raw preallocated";
    }

    @Override
    public Unit unit() {
        return Unit.THOUSANDS_PER_SECOND;
    }

    @Override
    public List<Goal> goals() {
        return List.of(Goal.shareOfRaw(0.85), Goal.p50UnderRawTimes(1.3));
    }

    @Override
    public int rounds() {
        return 25;
    }

    private interface Append {
        void run() throws IOException;
    }

    private static Slice slice(Append append) throws IOException {
        Latencies latencies = new Latencies(APPENDS);
        long start = System.nanoTime();
        long before = start;
        for (int i = 0; i < APPENDS; i++) {
            append.run();
            long after = System.nanoTime();
            latencies.add(after - before);
            before = after;
        }
        return Slice.of(APPENDS, before - start, latencies);
    }

    @Override
    public Contender raw(Workplace workplace) throws IOException {
        int frameBytes = Values.frameBytes(1);
        RawFile file = RawFile.preallocated(workplace.fresh("raw"), frameBytes, 16, PREALLOCATED_BYTES);
        return new Contender() {
            @Override
            public Slice slice() throws IOException {
                if (file.position() + (long) APPENDS * frameBytes > PREALLOCATED_BYTES) {
                    file.rewind();
                }
                return DurableSingles.slice(() -> {
                    file.write(1);
                    file.sync();
                });
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        };
    }

    @Override
    public Contender ours(Workplace workplace) {
        Values values = new Values();
        PartitionLog log = PartitionLog.open(workplace.fresh("ours"), LogOptions.defaults());
        return new Contender() {
            @Override
            public Slice slice() throws IOException {
                return DurableSingles.slice(() -> log.append(values.record()));
            }

            @Override
            public void close() {
                log.delete();
            }
        };
    }
}
