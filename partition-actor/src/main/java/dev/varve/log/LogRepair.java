package dev.varve.log;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.DirectoryLock;
import dev.varve.log.io.Disk;
import dev.varve.log.segment.SegmentFiles;
import dev.varve.log.segment.SegmentScanner.Expectation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Copies all that is good of a log into another directory, whatever the condition of the first: frames whole and in their order,
 * with their offsets, epochs, sequences, producers and control records, as they lie there; where something is left out there is a
 * gap in the offsets. The copy is a whole log of the same id, which opens, and goes on above the greatest offset that the old one
 * is known to have had. Never writes where it reads, and takes no lock there.
 *
 * <p>Reads and writes each byte once, and holds one frame, and a megabyte, in memory. For one use by one thread; blocks.
 */
public final class LogRepair {
    /** Enough to make the tables of keys; whoever opens the log says how much they may take. */
    private static final long KEY_MEMORY_BYTES = 64 << 20;

    private final Path source;
    private final Path target;
    private final LogOptions options;
    private final Disk disk;
    private final Told told;
    private final LongConsumer progress;
    private long leftOut;
    private long frames;
    private long records;

    private RepairedProducers producers;

    private Expectation expected = Expectation.NONE;
    private long nextOffset;
    private long epoch;
    private long sequence;
    private int greatestFrame;

    /** Is told what a repair finds, in the order of the log as far as that is known. */
    public interface Told {
        /** Something that was left out: where it lay, and the offsets that may be concerned. */
        void leftOut(Damage damage);

        /** Something else that is worth knowing; in words. */
        void note(String text);
    }

    /**
     * What the copy holds.
     *
     * @param segments how many segments
     * @param bytes their length
     * @param leftOut how many findings there were
     * @param logEndOffset the offset of the next append
     */
    public record Repaired(
            long logId,
            int segments,
            long frames,
            long records,
            long bytes,
            long leftOut,
            long logStartOffset,
            long logEndOffset) {}

    private LogRepair(Path source, Path target, LogOptions options, Told told, LongConsumer progress) {
        this.source = source.toAbsolutePath().normalize();
        this.target = target.toAbsolutePath().normalize();
        // Nobody is to be forgotten on the way; the next owner has bounds of its own.
        this.options = options.withMaxProducers(LogOptions.MAX_MAX_PRODUCERS)
                .withProducerExpiry(Duration.ofMillis(Long.MAX_VALUE));
        this.disk = options.disk();
        this.told = told;
        this.progress = progress;
    }

    /**
     * Repairs a log. When this returns the copy is durable as a whole; if it does not return, nobody takes for a log what is there:
     * delete it and begin anew.
     *
     * @param source the directory of the log, only read
     * @param target a directory that is empty or not there, and does not lie in the other one
     * @param options the disk of both; the rest only says how to open the copy
     * @param progress told the number of bytes gone through since it was last told
     * @throws IllegalArgumentException if the target is not empty, or lies in the source
     * @throws LogException.Broken if there is no log in the source, or nothing tells which one it was, or a later version wrote it
     * @throws LogException.Locked if somebody else writes into the target
     * @throws LogException.IoFailed if the operating system refuses something, but for reads of segments, which are told as damage
     */
    public static Repaired repair(Path source, Path target, LogOptions options, Told told, LongConsumer progress) {
        LogRepair repair = new LogRepair(source, target, options, told, progress);
        try {
            return repair.run();
        } catch (IOException e) {
            throw new LogException.IoFailed(
                    repair.target, -1, "writing the repaired log, which is not whole and no log yet, in", e);
        }
    }

    private Repaired run() throws IOException {
        if (target.startsWith(source)) {
            throw new IllegalArgumentException(target + " lies in " + source + ", where nothing is to be written");
        }
        List<String> there = disk.list(target).stream().map(Disk.Entry::name).toList();
        if (!there.isEmpty()) {
            throw new IllegalArgumentException(target + " is not empty: it holds " + there.get(0));
        }
        RepairSources.Found found = find();
        disk.createDirectories(target);
        Repaired repaired;
        DirectoryLock lock =
                disk.tryLock(target.resolve(SegmentFiles.LOCK)).orElseThrow(() -> new LogException.Locked(target));
        try (lock;
                RepairedLog log = new RepairedLog(target, options, found.logId())) {
            log.begin();
            repaired = copy(found, log);
        }
        if (found.hasKeyTables()) {
            makeKeyTables(isReplicated(found));
        }
        return repaired;
    }

    private RepairSources.Found find() {
        try {
            return new RepairSources(source, options, this::leaveOut, told::note).find();
        } catch (IOException e) {
            throw new LogException.IoFailed(source, -1, "looking at the log in", e);
        }
    }

    private void leaveOut(Damage damage) {
        leftOut++;
        told.leftOut(damage);
    }

    private Repaired copy(RepairSources.Found found, RepairedLog log) throws IOException {
        nextOffset = found.leastNextOffset();
        if (found.manifest() != null) {
            epoch = found.manifest().epoch();
            sequence = found.manifest().sequence();
        }
        producers = new RepairedProducers(source, options, told::note);
        List<RepairSources.Source> sources = found.segments();
        for (int i = 0; i < sources.size(); i++) {
            boolean isLast = i == sources.size() - 1;
            copy(found, sources.get(i), isLast ? null : sources.get(i + 1), log);
        }
        long logStartOffset = found.manifest() != null
                ? found.manifest().logStartOffset()
                : log.segments().isEmpty() ? nextOffset : log.segments().get(0).baseOffset();
        log.finish(
                new RepairedLog.End(
                        epoch,
                        sequence,
                        logStartOffset,
                        nextOffset,
                        Math.max(
                                found.manifest() == null
                                        ? options.maxBatchBytes()
                                        : found.manifest().maxFrameBytes(),
                                greatestFrame),
                        found.nextSegmentId(),
                        isReplicated(found)),
                producers.table());
        long bytes = log.segments().stream()
                .mapToLong(segment -> segment.lengthBytes())
                .sum();
        return new Repaired(
                found.logId(), log.segments().size(), frames, records, bytes, leftOut, logStartOffset, nextOffset);
    }

    private void copy(
            RepairSources.Found found, RepairSources.Source segment, RepairSources.Source next, RepairedLog log)
            throws IOException {
        SegmentHeader header = header(found.logId(), segment);
        boolean isActive = found.manifest() == null
                || segment.entry() == null
                || segment.entry() == found.manifest().active();
        boolean isSealed = !isActive;
        tellGapBefore(found, header, segment);
        Expectation before = new Expectation(
                Math.max(expected.offset(), segment.baseOffset()),
                Math.max(expected.epoch(), header.epoch()),
                Math.max(expected.sequence(), segment.header() == null ? -1 : header.sequence()));
        RepairedProducers.OfSegment known = producers.begin(found, segment, header);
        log.begin(header);
        SegmentRepair repair = new SegmentRepair(
                segment,
                isSealed,
                next == null && !isSealed,
                before,
                next == null ? nextOffset : next.baseOffset(),
                log,
                known,
                this::leaveOut,
                told::note,
                progress);
        repair.run(new FrameCodec(found.logId()), disk);
        log.seal(known.atStart());
        producers.end(known);
        expected = repair.expected();
        nextOffset = Math.max(nextOffset, repair.nextOffset());
        epoch = Math.max(epoch, repair.epoch());
        sequence = Math.max(sequence, repair.sequence());
        greatestFrame = Math.max(greatestFrame, repair.greatestFrame());
        frames += repair.frames();
        records += repair.records();
    }

    /** The header that the segment has, or must have had. */
    private SegmentHeader header(long logId, RepairSources.Source segment) {
        if (segment.header() != null) {
            return segment.header();
        }
        long created = segment.entry() == null
                ? options.clock().wallMillis()
                : segment.entry().createdMillis();
        return new SegmentHeader(
                logId,
                segment.segmentId(),
                segment.baseOffset(),
                expected.epoch(),
                Math.max(0, expected.sequence()),
                created);
    }

    /** Without a manifest the header of a segment is all that tells of frames that should have come before it. */
    private void tellGapBefore(RepairSources.Found found, SegmentHeader header, RepairSources.Source segment) {
        int at = found.segments().indexOf(segment);
        // Ids rise with the offsets, but for segments that compaction wrote anew: of those the last frames may be gone
        // by right.
        boolean isGap = found.manifest() == null
                && at > 0
                && found.segments().get(at - 1).segmentId() < segment.segmentId()
                && header.sequence() > sequence
                && segment.baseOffset() > expected.offset();
        if (isGap) {
            leaveOut(
                    new Damage(
                            segment.file().getFileName().toString(),
                            0,
                            expected.offset(),
                            segment.baseOffset() - 1,
                            Damage.Kind.MISSING_SEGMENT,
                            "the frame before this segment had the sequence " + header.sequence()
                                    + ", and the last one that was found has " + sequence
                                    + ": a segment is missing here, or the end of the one before, unless compaction took all of it"));
        }
    }

    /** A copy of a replica is no log to go on with either: who puts it back would have another history than the other replicas. */
    private static boolean isReplicated(RepairSources.Found found) {
        return found.manifest() != null && found.manifest().replicated();
    }

    private void makeKeyTables(boolean replicated) {
        try {
            PartitionLog.open(
                            target, options.withKeyMemoryBytes(KEY_MEMORY_BYTES).withReplicated(replicated))
                    .close();
        } catch (LogException.CodecUnavailable e) {
            told.note("the tables of keys could not be made: " + e.getMessage());
        }
    }
}
