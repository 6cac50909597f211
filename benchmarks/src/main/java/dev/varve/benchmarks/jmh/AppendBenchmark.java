package dev.varve.benchmarks.jmh;

import dev.varve.log.format.NewRecord;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One append: encoding, checksums, the write into the page cache, the index. Each iteration has a log of its own. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class AppendBenchmark {
    /** Where to measure. */
    @Param(".")
    public String directory;

    /** Records in a batch. */
    @Param({"1", "100"})
    public int batch;

    private List<NewRecord> records;
    private LogState state;

    @Setup(Level.Iteration)
    public void open() throws IOException {
        records = LogState.records(batch, 0);
        state = new LogState(directory);
    }

    @TearDown(Level.Iteration)
    public void close() throws IOException {
        state.close();
    }

    @Benchmark
    public long append() {
        return state.log().append(records);
    }
}
