package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Contender;
import dev.varve.benchmarks.Goal;
import dev.varve.benchmarks.Row;
import dev.varve.benchmarks.Slice;
import dev.varve.benchmarks.Stopwatch;
import dev.varve.benchmarks.Unit;
import dev.varve.benchmarks.Workplace;
import dev.varve.log.PartitionLog;
import dev.varve.log.ReadResult;
import dev.varve.log.StoredBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.zip.CRC32C;

/** Reads a gigabyte in order from the page cache, every checksum verified; the records decoded on top of it, or not. */
record SequentialRead(String name, String work, boolean decoding, List<Goal> goals) implements Row {
    private static final int READ_BYTES = 1 << 20;

    static Row ofBatches() {
        return new SequentialRead(
                "read-batches",
                "read 1 GB in order, batches of 100, checksums verified, page cache",
                false,
                List.of(Goal.figure(Unit.GIGABYTES_PER_SECOND, 3)));
    }

    static Row ofRecords() {
        return new SequentialRead("read-records", "the same, every record handed over; raw does not", true, List.of());
    }

    @Override
    public Unit unit() {
        return Unit.GIGABYTES_PER_SECOND;
    }

    @Override
    public int rounds() {
        return 15;
    }

    @Override
    public Contender raw(Workplace workplace) throws Exception {
        FileChannel channel = Logs.openSegment(Logs.batches(workplace));
        ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES);
        CRC32C crc = new CRC32C();
        return new Contender() {
            @Override
            public Slice slice() throws IOException {
                Stopwatch stopwatch = Stopwatch.start();
                long position = 0;
                for (int read; (read = channel.read(buffer.clear(), position)) > 0; position += read) {
                    crc.update(buffer.flip());
                }
                return stopwatch.stop(position);
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }

    @Override
    public Contender ours(Workplace workplace) throws Exception {
        PartitionLog log = PartitionLog.open(Logs.batches(workplace), Logs.UNSYNCED);
        return new Contender() {
            @Override
            public Slice slice() {
                Stopwatch stopwatch = Stopwatch.start();
                long bytes = 0;
                long[] records = {0};
                for (long offset = 0; offset < log.logEndOffset(); ) {
                    ReadResult result = log.read(offset, READ_BYTES);
                    for (StoredBatch batch : result.batches()) {
                        bytes += batch.header().frameBytes();
                    }
                    if (decoding) {
                        result.forEach(record -> records[0]++);
                    }
                    offset = result.nextOffset();
                }
                Slice slice = stopwatch.stop(bytes);
                if (decoding && records[0] != log.logEndOffset()) {
                    throw new IllegalStateException(records[0] + " records of " + log.logEndOffset());
                }
                return slice;
            }

            @Override
            public void close() {
                log.close();
            }
        };
    }
}
