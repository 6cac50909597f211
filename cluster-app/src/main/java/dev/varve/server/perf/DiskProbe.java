package dev.varve.server.perf;

import com.sun.nio.file.ExtendedOpenOption;
import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.Compression;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * Measures a disk with a file of its own, which has no name any more from the moment it is open: whatever ends the process, nothing
 * is left. For one use by one thread; takes about as long as it is told.
 */
public final class DiskProbe implements Closeable {
    /** Each with its sync. */
    private static final List<Integer> APPENDS = List.of(Advice.SMALL_APPEND, 64 << 10, 1 << 20);

    private static final int CHUNK_BYTES = 1 << 20;
    private static final long PREALLOCATED_BYTES = 64L << 20;
    private static final long MAX_FILE_BYTES = 1L << 30;

    /** So many at least, however slow the disk. */
    private static final int MIN_APPENDS = 5;

    private static final double APPENDS_SHARE = 0.1;
    private static final double SEQUENTIAL_SHARE = 0.15;
    private static final double COMPRESSOR_SHARE = 0.05;

    private final Duration budget;
    private final BooleanSupplier isStopped;
    private final FileChannel file;
    private final FileChannel reader;
    private final boolean cachedReads;
    private final long maxFileBytes;
    private final String fileSystem;
    private final ByteBuffer chunk;

    /** Somebody asked for the end. */
    public static final class StoppedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        StoppedException() {
            super("stopped before all was measured");
        }
    }

    /**
     * Creates the file.
     *
     * @param directory on the disk in question
     * @param budget about how long to measure
     * @param isStopped asked often
     */
    public DiskProbe(Path directory, Duration budget, BooleanSupplier isStopped) throws IOException {
        this.budget = budget;
        this.isStopped = isStopped;
        this.fileSystem = Files.getFileStore(directory).type();
        long usable = Files.getFileStore(directory).getUsableSpace();
        this.maxFileBytes = Math.min(MAX_FILE_BYTES, usable / 4 / CHUNK_BYTES * CHUNK_BYTES);
        if (maxFileBytes < 2 * CHUNK_BYTES) {
            throw new IOException("no room to measure in: " + usable + " bytes are free");
        }
        int alignment = (int) Math.max(512, Files.getFileStore(directory).getBlockSize());
        this.chunk = ByteBuffer.allocateDirect(CHUNK_BYTES + alignment).alignedSlice(alignment);
        fill();
        // What ends in .tmp a log takes for the left-over of a crash, and clears away.
        Path path = Files.createTempFile(directory, "varve-perf-", ".tmp");
        FileChannel opened = null;
        FileChannel direct = null;
        try {
            opened = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            direct = direct(path);
        } catch (IOException | RuntimeException e) {
            if (opened != null) {
                opened.close();
            }
            throw e;
        } finally {
            Files.delete(path);
        }
        this.file = opened;
        this.reader = direct == null ? opened : direct;
        this.cachedReads = direct == null;
    }

    /** A way to read past the memory of the operating system; null if there is none. */
    private static FileChannel direct(Path path) {
        try {
            return FileChannel.open(path, StandardOpenOption.READ, ExtendedOpenOption.DIRECT);
        } catch (IOException | UnsupportedOperationException e) {
            return null;
        }
    }

    private void fill() {
        byte[] noise = new byte[CHUNK_BYTES];
        new Random(1).nextBytes(noise);
        chunk.clear().limit(CHUNK_BYTES);
        chunk.put(noise);
    }

    /**
     * Measures.
     *
     * @throws StoppedException if somebody asked for the end
     */
    public DiskFigures measure() throws IOException {
        List<DiskFigures.Appends> appends = new ArrayList<>();
        for (int bytes : APPENDS) {
            file.truncate(0);
            file.force(true);
            appends.add(appends(bytes, maxFileBytes, false));
        }
        long preallocated = Math.min(PREALLOCATED_BYTES, maxFileBytes);
        write(preallocated, Long.MAX_VALUE);
        for (int bytes : APPENDS) {
            appends.add(appends(bytes, preallocated, true));
        }
        file.truncate(0);
        file.force(true);
        long start = System.nanoTime();
        long written = write(maxFileBytes, start + nanos(SEQUENTIAL_SHARE));
        double writeRate = written * 1e9 / Math.max(1, System.nanoTime() - start);
        return new DiskFigures(appends, writeRate, read(written), cachedReads, compressors(), fileSystem);
    }

    private long nanos(double share) {
        return (long) (budget.toNanos() * share);
    }

    private void checkStopped() {
        if (isStopped.getAsBoolean()) {
            throw new StoppedException();
        }
    }

    private DiskFigures.Appends appends(int bytes, long regionBytes, boolean preallocated) throws IOException {
        List<Long> nanos = new ArrayList<>();
        long until = System.nanoTime() + nanos(APPENDS_SHARE);
        for (long position = 0; nanos.size() < MIN_APPENDS || System.nanoTime() < until; position += bytes) {
            checkStopped();
            if (position + bytes > regionBytes) {
                if (!preallocated) {
                    break;
                }
                position = 0;
            }
            long start = System.nanoTime();
            writeFully(bytes, position);
            file.force(false);
            nanos.add(System.nanoTime() - start);
        }
        List<Long> sorted = nanos.stream().sorted().toList();
        return new DiskFigures.Appends(
                bytes, preallocated, sorted.size(), percentile(sorted, 0.5), percentile(sorted, 0.99));
    }

    /** The least of the values that so large a part of all does not exceed. */
    static long percentile(List<Long> sorted, double part) {
        return sorted.get((int) Math.max(0, Math.ceil(sorted.size() * part) - 1));
    }

    private void writeFully(int bytes, long position) throws IOException {
        chunk.clear().limit(bytes);
        long at = position;
        while (chunk.hasRemaining()) {
            at += file.write(chunk, at);
        }
    }

    /** Writes a file from its start on, and syncs it; gives how long it became. */
    private long write(long bytes, long untilNanos) throws IOException {
        long position = 0;
        while (position < bytes && (position == 0 || System.nanoTime() < untilNanos)) {
            checkStopped();
            writeFully(CHUNK_BYTES, position);
            position += CHUNK_BYTES;
        }
        file.force(false);
        return position;
    }

    private double read(long bytes) throws IOException {
        long start = System.nanoTime();
        long until = start + nanos(SEQUENTIAL_SHARE);
        long position = 0;
        while (position < bytes && (position == 0 || System.nanoTime() < until)) {
            checkStopped();
            chunk.clear().limit(CHUNK_BYTES);
            int read = reader.read(chunk, position);
            if (read <= 0) {
                throw new IOException(
                        "the file to measure with ends at " + position + ", and " + bytes + " bytes were written");
            }
            position += read;
        }
        return position * 1e9 / Math.max(1, System.nanoTime() - start);
    }

    /** What each kind makes of real text, as a batch of a few hundred lines would hold. */
    private List<DiskFigures.Compressor> compressors() throws IOException {
        byte[] text;
        try (InputStream in = DiskProbe.class.getResourceAsStream("/dev/varve/server/LICENSE")) {
            text = in.readAllBytes();
        }
        List<DiskFigures.Compressor> measured = new ArrayList<>();
        for (Compression kind : Compression.values()) {
            if (kind != Compression.NONE) {
                try {
                    measured.add(compressor(kind, text));
                } catch (CodecUnavailableException e) {
                    // There is nothing to be said of what cannot be used here.
                    continue;
                }
            }
        }
        return measured;
    }

    private DiskFigures.Compressor compressor(Compression kind, byte[] text) throws CodecUnavailableException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(text.length + kind.maxCompressedBytes(text.length));
        buffer.put(text);
        buffer.clear();
        long compressed = 0;
        // The first rounds are for the compiler of the virtual machine.
        long warm = System.nanoTime() + nanos(COMPRESSOR_SHARE / 2);
        while (System.nanoTime() < warm) {
            checkStopped();
            compressed = kind.compress(buffer, 0, text.length, text.length);
        }
        long start = System.nanoTime();
        long until = start + nanos(COMPRESSOR_SHARE / 2);
        long bytes = 0;
        do {
            checkStopped();
            compressed = kind.compress(buffer, 0, text.length, text.length);
            bytes += text.length;
        } while (System.nanoTime() < until);
        return new DiskFigures.Compressor(
                kind, (double) compressed / text.length, bytes * 1e9 / Math.max(1, System.nanoTime() - start));
    }

    @Override
    public void close() throws IOException {
        try (file) {
            reader.close();
        }
    }
}
