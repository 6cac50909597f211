package dev.varve.log;

import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.MalformedBatchException;
import dev.varve.log.format.Manifest;
import dev.varve.log.format.RecordBatch;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import dev.varve.log.segment.CompactedFiles;
import dev.varve.log.segment.ForeignSegmentException;
import dev.varve.log.segment.IndexStore;
import dev.varve.log.segment.ProducerStore;
import dev.varve.log.segment.SegmentFiles;
import dev.varve.log.segment.SegmentScanner.Expectation;
import dev.varve.log.segment.UnreadableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** Walks every byte of one segment. For one use by one thread. */
final class SegmentVerifier {

    /**
     * What was walked and found.
     *
     * @param isThere whether the segment is still part of the log
     */
    record Result(boolean isThere, long frames, long records, long bytes, List<Damage> findings) {
        static final Result GONE = new Result(false, 0, 0, 0, List.of());
    }

    private final LogOptions options;
    private final Disk disk;
    private final Manifest manifest;
    private final Manifest.Segment entry;
    private final Path path;
    private final String name;
    private final boolean sealed;
    private final LongConsumer progress;
    private final List<Damage> findings = new ArrayList<>();
    private final List<Damage> malformed = new ArrayList<>();
    /** The first batch that this process has no means to decompress, and up to where more of them were met; or null. */
    private Damage undecodable;

    private long frames;
    private long maxTimestamp = Long.MIN_VALUE;

    SegmentVerifier(
            Path directory, LogOptions options, Manifest manifest, Manifest.Segment entry, LongConsumer progress) {
        this.options = options;
        this.disk = options.disk();
        this.manifest = manifest;
        this.entry = entry;
        this.path = SegmentFiles.log(directory, entry.baseOffset());
        this.name = path.getFileName().toString();
        this.sealed = entry != manifest.active();
        this.progress = progress;
    }

    Result run() {
        try (LogFile file = open()) {
            return walk(file);
        } catch (NoSuchFileException e) {
            find(0, entry.baseOffset(), entry.lastOffset(), Damage.Kind.MISSING_SEGMENT, "the file is not there");
            return new Result(true, 0, 0, 0, findings);
        } catch (UnreadableException e) {
            find(e.position(), -1, -1, Damage.Kind.UNREADABLE, e.getMessage());
            return new Result(true, frames, 0, 0, findings);
        } catch (IOException e) {
            throw new LogException.IoFailed(path, -1, "verifying", e);
        }
    }

    private LogFile open() throws IOException {
        try {
            return CompactedFiles.open(disk, manifest.logId(), path, entry.segmentId());
        } catch (ForeignSegmentException e) {
            // That is something to tell of.
            return disk.open(path, Disk.OpenMode.READ);
        }
    }

    private Result walk(LogFile file) throws IOException {
        long size = file.size();
        boolean whole = sealed || size == entry.lengthBytes();
        Expectation before = checkHeader(file);
        FrameCodec codec = new FrameCodec(manifest.logId());
        int maxFrameBytes = Math.max(manifest.maxFrameBytes(), options.maxBatchBytes());
        TailScan.Result scan = whole
                ? TailScan.scan(
                        file,
                        path,
                        codec,
                        maxFrameBytes,
                        entry,
                        before,
                        Math.min(size, entry.lengthBytes()),
                        this::checkRecords)
                : TailScan.scanBesideOwner(file, path, codec, maxFrameBytes, entry, before, this::checkRecords);
        progress.accept(Math.min(SegmentHeader.BYTES, size));
        for (int i = 0; i < scan.damaged().size(); i++) {
            TailScan.Damaged range = scan.damaged().get(i);
            boolean missing = scan.decision() == RecoveryDecision.REFUSE_TAIL_LOST
                    && i == scan.damaged().size() - 1;
            find(
                    range.position(),
                    range.firstOffset(),
                    range.lastOffset(),
                    missing ? Damage.Kind.SEGMENT_LENGTH : Damage.Kind.FRAME,
                    range.reason());
        }
        for (Damage batch : malformed) {
            if (batch.position() < scan.view().lengthBytes()) {
                findings.add(batch);
            }
        }
        if (sealed && size > entry.lengthBytes()) {
            find(
                    entry.lengthBytes(),
                    -1,
                    -1,
                    Damage.Kind.SEGMENT_LENGTH,
                    "the file has " + size + " bytes, the segment " + entry.lengthBytes()
                            + "; what lies behind is not read");
        }
        if (whole && findings.isEmpty()) {
            checkAgainstManifest(scan);
            for (String problem : IndexStore.problems(disk, manifest.logId(), scan.view())) {
                find(0, -1, -1, Damage.Kind.INDEX, problem);
            }
        }
        checkProducers();
        if (undecodable != null) {
            findings.add(undecodable);
        }
        return new Result(true, frames, scan.view().records(), scan.view().lengthBytes(), findings);
    }

    private Expectation checkHeader(LogFile file) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(SegmentHeader.BYTES);
        file.read(bytes, 0);
        SegmentHeader.Decoded decoded = SegmentHeader.decode(bytes.flip());
        if (decoded instanceof SegmentHeader.Decoded.Ok ok) {
            SegmentHeader header = ok.header();
            if (header.logId() == manifest.logId()
                    && header.segmentId() == entry.segmentId()
                    && header.baseOffset() == entry.baseOffset()) {
                return new Expectation(entry.baseOffset(), header.epoch(), header.sequence());
            }
            find(
                    0,
                    entry.baseOffset(),
                    entry.lastOffset(),
                    Damage.Kind.SEGMENT_HEADER,
                    String.format(
                            "this is segment %d of log %016x from offset %d, where segment %d of log %016x from offset %d"
                                    + " should be",
                            header.segmentId(),
                            header.logId(),
                            header.baseOffset(),
                            entry.segmentId(),
                            manifest.logId(),
                            entry.baseOffset()));
        } else if (decoded instanceof SegmentHeader.Decoded.Unreadable unreadable) {
            throw new UnreadableException(0, unreadable.reason());
        } else {
            find(0, -1, -1, Damage.Kind.SEGMENT_HEADER, ((SegmentHeader.Decoded.Bad) decoded).reason());
        }
        return new Expectation(entry.baseOffset(), 0, -1);
    }

    private void checkRecords(FrameHeader header, long position, ByteBuffer buffer, int at) {
        frames++;
        progress.accept(header.frameBytes());
        if (header.maxTimestampBefore() < maxTimestamp) {
            malformed.add(new Damage(
                    name,
                    position,
                    header.baseOffset(),
                    header.lastOffset(),
                    Damage.Kind.RECORDS,
                    "the frame says that the greatest timestamp before it is " + header.maxTimestampBefore() + ", not "
                            + maxTimestamp));
        }
        maxTimestamp = Math.max(maxTimestamp, header.maxTimestampBefore());
        if (header.isMark()) {
            return;
        }
        maxTimestamp = Math.max(maxTimestamp, header.maxTimestamp());
        byte[] bytes = new byte[header.frameBytes()];
        buffer.get(at, bytes);
        try {
            new RecordBatch(header, bytes, 0).records();
        } catch (MalformedBatchException e) {
            malformed.add(new Damage(
                    name, position, header.baseOffset(), header.lastOffset(), Damage.Kind.RECORDS, e.getMessage()));
        } catch (CodecUnavailableException e) {
            // One word for all of them: a log may hold nothing else.
            undecodable = new Damage(
                    name,
                    undecodable == null ? position : undecodable.position(),
                    undecodable == null ? header.baseOffset() : undecodable.firstOffset(),
                    header.lastOffset(),
                    Damage.Kind.UNREADABLE,
                    "the frames are whole, but of some between these offsets the records were not looked at: "
                            + e.getMessage());
        }
    }

    /** Frames that are all right, but not those that the manifest speaks of: some of them were replaced as a whole. */
    private void checkAgainstManifest(TailScan.Result scan) {
        if (scan.view().lastOffset() != entry.lastOffset() || scan.view().records() != entry.records()) {
            find(
                    0,
                    Math.min(scan.view().lastOffset(), entry.lastOffset()) + 1,
                    Math.max(scan.view().lastOffset(), entry.lastOffset()),
                    Damage.Kind.MANIFEST,
                    "the segment holds " + scan.view().records() + " records up to offset "
                            + scan.view().lastOffset() + ", the manifest says " + entry.records() + " up to offset "
                            + entry.lastOffset());
        }
    }

    private void checkProducers() throws IOException {
        String producers = SegmentFiles.producers(path.getParent(), entry.baseOffset())
                .getFileName()
                .toString();
        new ProducerStore(disk, path.getParent())
                .problems(manifest.logId(), entry.segmentId(), entry.baseOffset())
                .forEach(problem -> findings.add(new Damage(producers, 0, -1, -1, Damage.Kind.PRODUCERS, problem)));
    }

    private void find(long position, long firstOffset, long lastOffset, Damage.Kind kind, String detail) {
        findings.add(new Damage(name, position, firstOffset, lastOffset, kind, detail));
    }
}
