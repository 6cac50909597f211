package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Contender;
import dev.varve.benchmarks.Goal;
import dev.varve.benchmarks.Row;
import dev.varve.benchmarks.Slice;
import dev.varve.benchmarks.Stopwatch;
import dev.varve.benchmarks.Unit;
import dev.varve.benchmarks.Workplace;
import dev.varve.log.CompactionResult;
import dev.varve.log.PartitionLog;
import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.compaction.CompactionPolicy.Keep;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Compacts a gigabyte of which half is dead, as fast as it goes. The raw floor reads the same files and writes half of each into another,
 * synced.
 */
final class Compactions implements Row {
    static final CompactionPolicy POLICY =
            CompactionPolicy.of(Keep.LATEST_OF_KEY).withMinDeadShare(0.2);
    private static final int CHUNK_BYTES = 1 << 20;

    @Override
    public String name() {
        return "compaction";
    }

    @Override
    public String work() {
        return "compaction, 1 GB, 100 k keys, half dead, read";
    }

    @Override
    public Unit unit() {
        return Unit.GIGABYTES_PER_SECOND;
    }

    @Override
    public List<Goal> goals() {
        return List.of(Goal.figure(unit(), 0.2));
    }

    @Override
    public int rounds() {
        return 3;
    }

    @Override
    public Contender raw(Workplace workplace) {
        return () -> {
            Path directory = HalfDead.copy(workplace);
            List<Path> segments = segments(directory);
            ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
            Stopwatch stopwatch = Stopwatch.start();
            long bytes = 0;
            for (Path segment : segments) {
                bytes += halve(segment, segment.resolveSibling("half"), chunk);
            }
            Slice slice = stopwatch.stop(bytes);
            Workplace.delete(directory);
            return slice;
        };
    }

    private static List<Path> segments(Path directory) throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".log")).toList();
        }
    }

    private static long halve(Path segment, Path half, ByteBuffer chunk) throws Exception {
        long bytes = 0;
        try (FileChannel from = FileChannel.open(segment, StandardOpenOption.READ);
                FileChannel to = FileChannel.open(
                        half,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            while (from.read(chunk.clear()) > 0) {
                bytes += chunk.position();
                to.write(chunk.flip().limit(chunk.limit() / 2));
            }
            to.force(false);
        }
        return bytes;
    }

    @Override
    public Contender ours(Workplace workplace) {
        return () -> {
            PartitionLog log = PartitionLog.open(HalfDead.copy(workplace), HalfDead.OPTIONS);
            Stopwatch stopwatch = Stopwatch.start();
            CompactionResult result = log.compact(POLICY, bytes -> {});
            Slice slice = stopwatch.stop(result.bytesRead());
            if (result.bytesReclaimed() < result.bytesRead() / 3) {
                throw new IllegalStateException("half should have been dead: " + result);
            }
            log.delete();
            return slice;
        };
    }
}
