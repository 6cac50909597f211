package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Contender;
import dev.varve.benchmarks.Goal;
import dev.varve.benchmarks.Row;
import dev.varve.benchmarks.Slice;
import dev.varve.benchmarks.Stopwatch;
import dev.varve.benchmarks.Unit;
import dev.varve.benchmarks.Workplace;
import dev.varve.log.PartitionLog;
import dev.varve.log.format.SegmentHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/** Reads one record at a random offset from the page cache. The raw floor knows where it lies. */
final class PointReads implements Row {
    private static final int READS = 100_000;

    @Override
    public String name() {
        return "point-reads";
    }

    @Override
    public String work() {
        return "random point reads by offset, one-record batches";
    }

    @Override
    public Unit unit() {
        return Unit.THOUSANDS_PER_SECOND;
    }

    @Override
    public List<Goal> goals() {
        return List.of(Goal.figure(unit(), 250));
    }

    @Override
    public int rounds() {
        return 25;
    }

    @Override
    public Contender raw(Workplace workplace) throws Exception {
        FileChannel channel = Logs.openSegment(Logs.singles(workplace));
        int frameBytes = Values.frameBytes(1);
        ByteBuffer buffer = ByteBuffer.allocateDirect(frameBytes);
        CRC32C crc = new CRC32C();
        SplittableRandom random = new SplittableRandom(Values.SEED);
        return new Contender() {
            @Override
            public Slice slice() throws IOException {
                Stopwatch stopwatch = Stopwatch.start();
                for (int i = 0; i < READS; i++) {
                    long offset = random.nextInt(Logs.SINGLES);
                    channel.read(buffer.clear(), SegmentHeader.BYTES + offset * frameBytes);
                    crc.reset();
                    crc.update(buffer.flip());
                }
                return stopwatch.stop(READS);
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }

    @Override
    public Contender ours(Workplace workplace) throws Exception {
        PartitionLog log = PartitionLog.open(Logs.singles(workplace), Logs.UNSYNCED);
        SplittableRandom random = new SplittableRandom(Values.SEED);
        return new Contender() {
            @Override
            public Slice slice() {
                Stopwatch stopwatch = Stopwatch.start();
                for (int i = 0; i < READS; i++) {
                    long offset = random.nextInt(Logs.SINGLES);
                    if (log.read(offset, 1).records().get(0).offset() != offset) {
                        throw new IllegalStateException("not the record at " + offset);
                    }
                }
                return stopwatch.stop(READS);
            }

            @Override
            public void close() {
                log.close();
            }
        };
    }
}
