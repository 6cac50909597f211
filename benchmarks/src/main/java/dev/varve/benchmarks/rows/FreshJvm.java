package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Latencies;
import dev.varve.benchmarks.Slice;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.SyncPolicy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.zip.CRC32C;

/** Work that is measured in a JVM of its own, where nothing is loaded, compiled or warm yet. It dies without closing anything. */
final class FreshJvm {
    private FreshJvm() {}

    /** What a fresh JVM does. */
    enum Task {
        /** Fills a log and dies. */
        FILL {
            @Override
            void run(Path directory) {
                LogOptions options =
                        LogOptions.defaults().withSyncPolicy(SyncPolicy.everyNWrites(1_000, Duration.ofHours(1)));
                Values values = new Values();
                PartitionLog log = PartitionLog.open(directory, options);
                for (int i = 0; i < Logs.BATCHES; i++) {
                    log.append(values.batch());
                }
                log.flush();
                log.append(values.batch());
            }
        },
        /** Opens a log, recovering it if need be, and dies. */
        OPEN {
            @Override
            void run(Path directory) {
                PartitionLog.open(directory, LogOptions.defaults());
            }
        },
        /** Reads a segment and computes a checksum over it. */
        SCAN_RAW {
            @Override
            void run(Path directory) throws Exception {
                try (FileChannel channel = Logs.openSegment(directory)) {
                    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
                    CRC32C crc = new CRC32C();
                    long position = 0;
                    for (int read; (read = channel.read(buffer.clear(), position)) > 0; position += read) {
                        crc.update(buffer.flip());
                    }
                }
            }
        },
        /** Asks for the names of all files of a directory and the lengths of the segments among them, and reads the manifest. */
        LIST_RAW {
            @Override
            void run(Path directory) throws IOException {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
                    for (Path file : files) {
                        if (file.toString().endsWith(".log")) {
                            Files.readAttributes(file, BasicFileAttributes.class)
                                    .size();
                        }
                    }
                }
                CRC32C crc = new CRC32C();
                crc.update(Files.readAllBytes(directory.resolve("manifest")));
            }
        };

        abstract void run(Path directory) throws Exception;
    }

    /** Has a fresh JVM do something once; what counts is the time from the first line of its main method on. */
    static Slice run(Task task, Path directory) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FreshJvm.class.getName(),
                        task.name(),
                        directory.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = output.readLine();
            if (process.waitFor() != 0 || line == null) {
                throw new IOException(task + " in a fresh JVM ended with " + process.exitValue());
            }
            String[] nanos = line.split(" ");
            return new Slice(1, Long.parseLong(nanos[0]), Long.parseLong(nanos[1]), Latencies.NONE);
        }
    }

    /** For {@link #run} alone. */
    public static void main(String[] args) throws Exception {
        Task task = Task.valueOf(args[0]);
        Path directory = Path.of(args[1]);
        long startCpuNanos = cpuNanos();
        long start = System.nanoTime();
        task.run(directory);
        long nanos = System.nanoTime() - start;
        System.out.println(nanos + " " + (cpuNanos() - startCpuNanos));
        System.out.flush();
        // As kill -9 would: no hook runs, nothing is closed.
        Runtime.getRuntime().halt(0);
    }

    /** What processors spent on this thread, as Linux tells it; the platform's own way would load classes for longer than the task takes. */
    private static long cpuNanos() throws IOException {
        Path schedule = Path.of("/proc/thread-self/schedstat");
        return Files.exists(schedule)
                ? Long.parseLong(Files.readString(schedule).split(" ")[0])
                : 0;
    }
}
