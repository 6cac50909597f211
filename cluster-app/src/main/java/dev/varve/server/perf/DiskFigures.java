package dev.varve.server.perf;

import dev.varve.log.format.Compression;
import java.util.List;

/**
 * What was measured.
 *
 * @param appends for each size and each kind of file
 * @param writeBytesPerSecond of a large file written from its start to its end, the sync at the end included
 * @param readBytesPerSecond of the same file read from its start to its end
 * @param cachedReads whether the file came from the memory of the operating system, so that the figure says nothing of the disk
 * @param compressors what they make of text, on one thread
 * @param fileSystem its kind, as the operating system names it
 */
public record DiskFigures(
        List<Appends> appends,
        double writeBytesPerSecond,
        double readBytesPerSecond,
        boolean cachedReads,
        List<Compressor> compressors,
        String fileSystem) {

    /**
     * Appends of one size, each followed by a sync (fdatasync), from before the write to after the sync.
     *
     * @param preallocated whether the blocks of the file were there already, or the file grew
     */
    public record Appends(int bytes, boolean preallocated, int count, long p50Nanos, long p99Nanos) {}

    /**
     * A kind of compression.
     *
     * @param ratio how much is left of a byte
     * @param bytesPerSecond how fast it takes them
     */
    public record Compressor(Compression kind, double ratio, double bytesPerSecond) {}

    /** The appends of this kind. */
    public Appends appends(int bytes, boolean preallocated) {
        return appends.stream()
                .filter(measured -> measured.bytes() == bytes && measured.preallocated() == preallocated)
                .findFirst()
                .orElseThrow();
    }
}
