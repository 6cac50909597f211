package dev.varve.log;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.Manifest;
import dev.varve.log.format.RecordBatch;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.LogFile;
import dev.varve.log.segment.SegmentScanner;
import dev.varve.log.segment.SegmentScanner.Expectation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Hands over the frames of one segment, and what is damaged between them. */
final class SegmentDump implements SegmentScanner.Visitor {
    private final LogFile file;
    private final Path path;
    private final Manifest.Segment segment;
    private final FrameCodec codec;
    private final int maxFrameBytes;
    private final boolean sealed;
    private final long fromOffset;
    private final LogInspector.FrameVisitor visitor;
    private long expected;
    private boolean goesOn = true;
    /** Bad bytes that wait for the next frame to tell which offsets they held. */
    private long badPosition = -1;

    private String badReason;

    SegmentDump(
            LogFile file,
            Path path,
            LogOptions options,
            Manifest manifest,
            Manifest.Segment segment,
            long fromOffset,
            LogInspector.FrameVisitor visitor) {
        this.file = file;
        this.path = path;
        this.segment = segment;
        this.codec = new FrameCodec(manifest.logId());
        this.maxFrameBytes = Math.max(manifest.maxFrameBytes(), options.maxBatchBytes());
        this.sealed = segment != manifest.active();
        this.fromOffset = fromOffset;
        this.visitor = visitor;
        this.expected = segment.baseOffset();
    }

    /** Whether to go on with the next segment. */
    boolean run() throws IOException {
        long end = segment.lengthBytes();
        long lastOffset = segment.lastOffset();
        if (!sealed && file.size() != segment.lengthBytes()) {
            TailScan.Result tail = TailScan.scanBesideOwner(
                    file,
                    path,
                    codec,
                    maxFrameBytes,
                    segment,
                    new Expectation(segment.baseOffset(), 0, -1),
                    TailScan.IGNORE);
            end = tail.view().lengthBytes();
            lastOffset = tail.next().offset() - 1;
        }
        long reached = new SegmentScanner(codec, maxFrameBytes)
                .scan(
                        file,
                        segment.segmentId(),
                        SegmentHeader.BYTES,
                        end,
                        new Expectation(segment.baseOffset(), 0, -1),
                        this)
                .end();
        if (goesOn && badPosition < 0 && (reached < end || expected <= lastOffset)) {
            badPosition = reached;
            badReason = "zeros where frames should be, or nothing";
        }
        if (goesOn) {
            tellBad(lastOffset);
        }
        return goesOn;
    }

    @Override
    public boolean frame(FrameHeader header, long position, ByteBuffer buffer, int at) {
        tellBad(header.baseOffset() - 1);
        expected = header.nextOffset();
        if (goesOn && Math.max(header.lastOffset(), header.baseOffset()) >= fromOffset) {
            goesOn = visitor.frame(
                    LogInspector.describe(path, header, position, buffer.getInt(at)),
                    () -> batch(header, position, buffer, at));
        }
        return goesOn;
    }

    private StoredBatch batch(FrameHeader header, long position, ByteBuffer buffer, int at) {
        byte[] bytes = new byte[header.frameBytes()];
        buffer.get(at, bytes);
        return new StoredBatch(path, position, new RecordBatch(header, bytes, 0));
    }

    @Override
    public boolean bad(long position, long end, FrameHeader header, String reason) {
        if (badPosition < 0) {
            badPosition = position;
            badReason = reason;
        }
        return true;
    }

    private void tellBad(long lastOffset) {
        if (badPosition >= 0 && lastOffset >= fromOffset) {
            goesOn = visitor.damage(new Damage(
                    path.getFileName().toString(), badPosition, expected, lastOffset, Damage.Kind.FRAME, badReason));
        }
        badPosition = -1;
    }
}
