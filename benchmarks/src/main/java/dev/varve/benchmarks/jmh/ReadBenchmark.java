package dev.varve.benchmarks.jmh;

import dev.varve.log.ReadResult;
import java.io.IOException;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One read at a random offset, or one search by time, in a log of 100,000 records in the page cache. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ReadBenchmark {
    private static final int RECORDS = 100_000;
    private static final int SCAN_BYTES = 64 << 10;

    /** Where to measure. */
    @Param(".")
    public String directory;

    /** Records in a batch. */
    @Param({"1", "100"})
    public int batch;

    private final SplittableRandom random = new SplittableRandom(LogState.SEED);
    private LogState state;

    @Setup
    public void open() throws IOException {
        state = new LogState(directory);
        state.fill(RECORDS, batch);
    }

    @TearDown
    public void close() throws IOException {
        state.close();
    }

    /** The record at an offset. */
    @Benchmark
    public ReadResult point() {
        return state.log().read(random.nextInt(RECORDS), 1);
    }

    /** 64 KiB of records from an offset on, without looking at each. */
    @Benchmark
    public ReadResult scan() {
        return state.log().read(random.nextInt(RECORDS), SCAN_BYTES);
    }

    /** The first offset at or after a time. */
    @Benchmark
    public OptionalLong time() {
        return state.log().offsetForTimestamp(LogState.FIRST_TIMESTAMP + random.nextInt(RECORDS));
    }
}
