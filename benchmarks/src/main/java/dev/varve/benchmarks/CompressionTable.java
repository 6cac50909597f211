package dev.varve.benchmarks;

import dev.varve.log.Commit;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.ReadResult;
import dev.varve.log.StoredBatch;
import dev.varve.log.SyncPolicy;
import dev.varve.log.format.Compression;
import dev.varve.log.format.NewRecord;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/**
 * What compression gains and costs on given text: the size of the frames, and the processor's time to stage batches and to decode
 * them, whose share without compression is in the first line of each group. Each line of a file is a record; of a directory, each
 * line of every file below it. Time is that of the thread alone, so a busy machine does not show; the least of several rounds counts.
 *
 * <pre>java -cp ... dev.varve.benchmarks.CompressionTable FILE_OR_DIRECTORY...</pre>
 */
final class CompressionTable {
    private static final int ROUNDS = 9;
    private static final long ROUND_NANOS = 150_000_000;
    private static final int MAX_TEXT_BYTES = 4 << 20;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private CompressionTable() {}

    public static void main(String[] arguments) throws IOException {
        System.out.println(
                "| text | records a batch | compression | stored, of what it was | stage MB/s | decode MB/s |");
        System.out.println("|---|---:|---|---:|---:|---:|");
        for (String argument : arguments) {
            Path path = Path.of(argument);
            for (int size : new int[] {1, 10, 100, 1_000}) {
                measure(path.getFileName().toString(), batches(lines(path), size), size);
            }
        }
        measure("random bytes", batches(noise(), 100), 100);
    }

    private static List<byte[]> lines(Path path) throws IOException {
        List<byte[]> lines = new ArrayList<>();
        int bytes = 0;
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
                    bytes += line.length();
                    if (bytes > MAX_TEXT_BYTES) {
                        return lines;
                    }
                    lines.add(line.getBytes(StandardCharsets.ISO_8859_1));
                }
            }
        }
        return lines;
    }

    private static List<byte[]> noise() {
        Random random = new Random(1);
        List<byte[]> values = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            byte[] value = new byte[1_024];
            random.nextBytes(value);
            values.add(value);
        }
        return values;
    }

    private static List<List<NewRecord>> batches(List<byte[]> values, int size) {
        List<List<NewRecord>> batches = new ArrayList<>();
        for (int from = 0; from + size <= values.size() && batches.size() < 2_000; from += size) {
            List<NewRecord> batch = new ArrayList<>();
            for (int i = from; i < from + size; i++) {
                batch.add(NewRecord.of(i, values.get(i)));
            }
            batches.add(batch);
        }
        return batches;
    }

    private static void measure(String text, List<List<NewRecord>> batches, int size) throws IOException {
        long uncompressed = 0;
        for (Compression kind : Compression.values()) {
            Path directory = Files.createTempDirectory("varve-compression");
            LogOptions options =
                    LogOptions.defaults().withSyncPolicy(SyncPolicy.none()).withCompression(kind);
            try (PartitionLog log = PartitionLog.open(directory, options)) {
                Commit commit = log.newCommit();
                batches.forEach(commit::stage);
                long stored = commit.bytes();
                uncompressed = kind == Compression.NONE ? stored : uncompressed;
                log.commit(commit);
                List<StoredBatch> read = readAll(log);
                Commit scratch = log.newCommit();
                double stage = nanos(() -> {
                    for (List<NewRecord> batch : batches) {
                        scratch.clear();
                        scratch.stage(batch);
                    }
                });
                double decode = nanos(() -> read.forEach(StoredBatch::records));
                System.out.printf(
                        Locale.ROOT,
                        "| %s | %d | %s | %.0f %% | %.0f | %.0f |%n",
                        text,
                        size,
                        kind,
                        100.0 * stored / uncompressed,
                        uncompressed / stage * 1e3,
                        uncompressed / decode * 1e3);
                log.delete();
            }
        }
    }

    private static List<StoredBatch> readAll(PartitionLog log) {
        List<StoredBatch> all = new ArrayList<>();
        long next = 0;
        while (next < log.logEndOffset()) {
            ReadResult result = log.read(next, 1 << 20);
            all.addAll(result.batches());
            next = result.nextOffset();
        }
        return all;
    }

    /** The processor's time for one go, in nanoseconds. */
    private static double nanos(Runnable work) {
        double[] rounds = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            long start = THREADS.getCurrentThreadCpuTime();
            long now;
            int times = 0;
            do {
                work.run();
                times++;
                now = THREADS.getCurrentThreadCpuTime();
            } while (now - start < ROUND_NANOS);
            rounds[round] = (now - start) / (double) times;
        }
        return Arrays.stream(rounds).min().orElseThrow();
    }
}
