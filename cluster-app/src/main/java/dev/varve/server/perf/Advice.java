package dev.varve.server.perf;

import dev.varve.log.format.Compression;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The settings that follow from what a disk can do, and why. Pure: the same figures give the same advice.
 *
 * <p>The policy is always to sync every write, for what a loss of power may take is not a question of the disk; where that is slow, what
 * another policy would gain and cost is said.
 *
 * @param batchBytes a batch of so many bytes spends as much time on its bytes as on its sync
 * @param segmentBytes a segment of this size is read within a second, which is what opening a crashed log takes
 * @param compression what makes writing fastest, or {@code NONE}
 * @param syncIsSlow whether a sync takes so long that the alternative is worth a thought
 * @param reasons a sentence for each setting
 * @param warnings what looks wrong
 */
public record Advice(
        int batchBytes,
        long segmentBytes,
        Compression compression,
        boolean syncIsSlow,
        List<String> reasons,
        List<String> warnings) {

    static final int SMALL_APPEND = 4 << 10;
    static final int MIN_BATCH_BYTES = 4 << 10;
    static final int MAX_BATCH_BYTES = 1 << 20;
    static final long MIN_SEGMENT_BYTES = 64L << 20;
    static final long MAX_SEGMENT_BYTES = 1L << 30;

    /** Above this a sync is slow: fewer than two hundred commits a second, one after the other. */
    static final long SLOW_SYNC_NANOS = 5_000_000;

    /** Below this no disk answers that has put anything on a medium. */
    static final long INCREDIBLE_SYNC_NANOS = 20_000;

    /** From so many times the median on, something else is at work. */
    static final int STALL_FACTOR = 20;

    /** Blocks in place are worth naming from a tenth on. */
    static final int NOTABLE_PERCENT = 10;

    private static final List<String> MEMORY = List.of("tmpfs", "ramfs");

    /** What follows from these figures. */
    public static Advice of(DiskFigures figures) {
        List<String> reasons = new ArrayList<>();
        DiskFigures.Appends small = figures.appends(SMALL_APPEND, true);
        boolean syncIsSlow = small.p50Nanos() > SLOW_SYNC_NANOS;
        reasons.add(sync(small, syncIsSlow));

        double balance = small.p50Nanos() / 1e9 * figures.writeBytesPerSecond();
        int batchBytes = (int) Math.max(MIN_BATCH_BYTES, Math.min(MAX_BATCH_BYTES, powerOfTwoFrom(balance)));
        reasons.add(String.format(
                Locale.ROOT,
                "batch: from %s on a batch spends more time on its bytes than on its sync. Smaller ones pay if several wait at"
                        + " the same time, for these share a sync",
                size(batchBytes)));

        double readable = Math.max(figures.readBytesPerSecond(), 1);
        long segmentBytes = Math.max(MIN_SEGMENT_BYTES, Math.min(MAX_SEGMENT_BYTES, powerOfTwoFrom(readable / 2 + 1)));
        reasons.add(String.format(
                Locale.ROOT,
                "segment-bytes: opening a log that crashed reads its last segment, which takes %.1f s for %s here",
                segmentBytes / readable,
                size(segmentBytes)));

        Compression compression = compression(figures, reasons);
        reasons.add(preallocation(figures));
        return new Advice(batchBytes, segmentBytes, compression, syncIsSlow, reasons, warnings(figures, small));
    }

    private static String sync(DiskFigures.Appends small, boolean isSlow) {
        double perSecond = 1e9 / Math.max(1, small.p50Nanos());
        String text = String.format(
                Locale.ROOT,
                "sync: every-write makes about %.0f commits a second of each log, with all that wait at the same time in one",
                perSecond);
        return isSlow
                ? text
                        + "; that is slow. every-n-writes acknowledges before the sync, and a loss of power takes at most"
                        + " sync-writes batches or sync-max-delay: for data that can be had again"
                : text;
    }

    /**
     * Compression and writing follow one another, so a byte takes 1 / C + r / W seconds: C the speed of the compressor, r what it
     * leaves, W the speed of the disk.
     */
    private static Compression compression(DiskFigures figures, List<String> reasons) {
        double best = 1 / figures.writeBytesPerSecond();
        Compression kind = Compression.NONE;
        for (DiskFigures.Compressor compressor : figures.compressors()) {
            double seconds = 1 / compressor.bytesPerSecond() + compressor.ratio() / figures.writeBytesPerSecond();
            if (seconds < best) {
                best = seconds;
                kind = compressor.kind();
            }
        }
        reasons.add(
                kind == Compression.NONE
                        ? "compression: none, this disk takes text faster than it could be compressed; for the sake of room"
                                + " lz4 costs little"
                        : String.format(
                                Locale.ROOT,
                                "compression: text in large batches goes to this disk at %s/s as it is, and at %s/s with %s",
                                size(figures.writeBytesPerSecond()),
                                size(1 / best),
                                kind));
        return kind;
    }

    private static String preallocation(DiskFigures figures) {
        double percent = 0;
        int bytes = 0;
        for (DiskFigures.Appends growing : figures.appends()) {
            if (!growing.preallocated()) {
                long there = figures.appends(growing.bytes(), true).p50Nanos();
                double gain = (growing.p50Nanos() - there) * 100.0 / Math.max(1, growing.p50Nanos());
                if (gain > percent) {
                    percent = gain;
                    bytes = growing.bytes();
                }
            }
        }
        return percent >= NOTABLE_PERCENT
                ? String.format(
                        Locale.ROOT,
                        "preallocation: an append of %s is %.0f %% faster where the blocks are in place. The log writes zeros"
                                + " ahead by itself: nothing to set",
                        size(bytes),
                        percent)
                : "preallocation: blocks in place make no difference here. Nothing to set";
    }

    private static List<String> warnings(DiskFigures figures, DiskFigures.Appends small) {
        List<String> warnings = new ArrayList<>();
        if (MEMORY.contains(figures.fileSystem())) {
            warnings.add("this is memory (" + figures.fileSystem()
                    + "), not a disk: nothing here survives a restart of the" + " machine");
        } else if (small.p50Nanos() < INCREDIBLE_SYNC_NANOS) {
            warnings.add(String.format(
                    Locale.ROOT,
                    "a sync is answered in %.0f microseconds. Unless its cache outlives a loss of power, this disk does not"
                            + " keep what it promises, and then no acknowledgement is worth anything",
                    small.p50Nanos() / 1e3));
        }
        if (small.p99Nanos() >= STALL_FACTOR * Math.max(1, small.p50Nanos())) {
            warnings.add(String.format(
                    Locale.ROOT,
                    "one small append in a hundred takes %.1f ms, %d times the median: something else keeps the disk busy, or it"
                            + " stalls by itself",
                    small.p99Nanos() / 1e6,
                    small.p99Nanos() / Math.max(1, small.p50Nanos())));
        }
        if (figures.cachedReads()) {
            warnings.add(
                    "reads came from the memory of the operating system, so how fast this disk reads is not known");
        }
        return warnings;
    }

    /** The least power of two that is no less. */
    private static long powerOfTwoFrom(double bytes) {
        if (bytes >= 1L << 40) {
            return 1L << 40;
        }
        long power = 1;
        while (power < bytes) {
            power <<= 1;
        }
        return power;
    }

    /** In words for people: 64 KiB, 1.5 GiB. */
    static String size(double bytes) {
        String[] units = {"bytes", "KiB", "MiB", "GiB"};
        int unit = 0;
        double value = bytes;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%.0f %s", value, units[unit])
                : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }
}
