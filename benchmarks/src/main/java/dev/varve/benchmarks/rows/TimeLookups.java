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
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * Finds the first offset at or after a random time in a gigabyte of one-record batches. The raw floor has the time of every
 * record in memory, searches them, and reads and checks the fixed fields of the frame that it finds.
 */
final class TimeLookups implements Row {
    private static final int LOOKUPS = 50_000;
    private static final int FIXED_FIELDS_BYTES = 88;

    @Override
    public String name() {
        return "time-lookups";
    }

    @Override
    public String work() {
        return "first offset at or after a time, 1 GB";
    }

    @Override
    public Unit unit() {
        return Unit.THOUSANDS_PER_SECOND;
    }

    @Override
    public List<Goal> goals() {
        return List.of(Goal.figure(unit(), 150));
    }

    @Override
    public int rounds() {
        return 25;
    }

    @Override
    public Contender raw(Workplace workplace) throws Exception {
        FileChannel channel = Logs.openSegment(Logs.singles(workplace));
        int frameBytes = Values.frameBytes(1);
        ByteBuffer buffer = ByteBuffer.allocateDirect(FIXED_FIELDS_BYTES);
        CRC32C crc = new CRC32C();
        SplittableRandom random = new SplittableRandom(Values.SEED);
        long[] times = new long[Logs.SINGLES];
        Arrays.setAll(times, i -> Values.FIRST_TIMESTAMP + i);
        return new Contender() {
            @Override
            public Slice slice() throws IOException {
                Stopwatch stopwatch = Stopwatch.start();
                for (int i = 0; i < LOOKUPS; i++) {
                    long time = Values.FIRST_TIMESTAMP + random.nextInt(Logs.SINGLES);
                    long offset = Arrays.binarySearch(times, time);
                    channel.read(buffer.clear(), SegmentHeader.BYTES + offset * frameBytes);
                    crc.reset();
                    crc.update(buffer.flip());
                }
                return stopwatch.stop(LOOKUPS);
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
                for (int i = 0; i < LOOKUPS; i++) {
                    int offset = random.nextInt(Logs.SINGLES);
                    long found = log.offsetForTimestamp(Values.FIRST_TIMESTAMP + offset)
                            .orElse(-1);
                    if (found != offset) {
                        throw new IllegalStateException(found + " found where " + offset + " has that time");
                    }
                }
                return stopwatch.stop(LOOKUPS);
            }

            @Override
            public void close() {
                log.close();
            }
        };
    }
}
