package dev.varve.log;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.Manifest;
import dev.varve.log.format.ProducerSnapshot;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.segment.ActiveSegment;
import dev.varve.log.segment.IndexStore;
import dev.varve.log.segment.ManifestStore;
import dev.varve.log.segment.ProducerStore;
import dev.varve.log.segment.SegmentView;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The log that a repair writes, frame after frame. The manifest comes last: until then nobody takes for a log what lies there.
 * A frame that stays in its place stays as it is, byte for byte; one that moves up, because something before it was left out, is given its
 * new place and new checksums. For one thread.
 */
final class RepairedLog implements Closeable {
    private static final int BUFFER_BYTES = 1 << 20;

    private final Path directory;
    private final LogOptions options;
    private final Disk disk;
    private final long logId;
    private final FrameCodec codec;
    private final List<Manifest.Segment> segments = new ArrayList<>();
    private final List<FrameHeader> buffered = new ArrayList<>();
    private ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private ActiveSegment segment;
    private long end;
    private long maxTimestamp;

    RepairedLog(Path directory, LogOptions options, long logId) {
        this.directory = directory;
        this.options = options;
        this.disk = options.disk();
        this.logId = logId;
        this.codec = new FrameCodec(logId);
    }

    /** Begins, before anything else: from here on the directory holds a log that is not whole. */
    void begin() throws IOException {
        new ManifestStore(disk, directory).writeUnfinished();
    }

    /** Begins a segment; the one before was sealed. */
    void begin(SegmentHeader header) throws IOException {
        segment = ActiveSegment.create(disk, directory, header);
        end = SegmentHeader.BYTES;
        maxTimestamp = Long.MIN_VALUE;
    }

    /** Takes a frame that lies in a buffer and was read from this position of the segment of the same id. */
    void append(FrameHeader header, long position, ByteBuffer source, int at) throws IOException {
        if (header.frameBytes() > buffer.remaining()) {
            flush();
        }
        if (header.frameBytes() > buffer.capacity()) {
            buffer = ByteBuffer.allocateDirect(header.frameBytes());
        }
        int start = buffer.position();
        buffer.put(source.slice(at, header.frameBytes()));
        if (position != end || header.maxTimestampBefore() != maxTimestamp) {
            codec.stamp(
                    buffer,
                    start,
                    new FrameCodec.Place(
                            segment.segmentId(),
                            end,
                            header.epoch(),
                            header.sequence(),
                            header.baseOffset(),
                            segment.syncedEnd(),
                            maxTimestamp));
        }
        buffered.add(header);
        end += header.frameBytes();
        if (!header.isMark()) {
            maxTimestamp = Math.max(maxTimestamp, header.maxTimestamp());
        }
    }

    /** The position behind the last frame of the segment. */
    long end() {
        return end;
    }

    private void flush() throws IOException {
        if (buffered.isEmpty()) {
            return;
        }
        segment.write(List.of(buffer.flip()), false, 0);
        for (FrameHeader header : buffered) {
            segment.accept(
                    header.baseOffset(),
                    header.lastOffset(),
                    header.recordCount(),
                    header.minTimestamp(),
                    header.maxTimestamp(),
                    header.frameBytes());
        }
        buffered.clear();
        buffer.clear();
    }

    /**
     * Completes the segment, durably; one that came to hold no records is no segment.
     *
     * @param producers what is remembered where it begins
     */
    void seal(ProducerSnapshot producers) throws IOException {
        flush();
        segment.cutBack();
        segment.close();
        SegmentView view = segment.view(true);
        if (view.isEmpty()) {
            disk.delete(view.file());
        } else {
            IndexStore.write(disk, logId, view, segment.index());
            new ProducerStore(disk, directory).write(view.baseOffset(), producers);
            segments.add(view.entry());
        }
        segment = null;
    }

    /** What is to be in the manifest besides the segments. */
    record End(
            long epoch,
            long sequence,
            long logStartOffset,
            long nextOffset,
            int maxFrameBytes,
            long nextSegmentId,
            boolean replicated) {}

    /**
     * Makes a log of it, durably: it goes on at the next offset.
     *
     * @param producers what is remembered where it ends
     */
    void finish(End last, ProducerTable producers) throws IOException {
        long nextSegmentId = last.nextSegmentId();
        boolean goesOn = !segments.isEmpty() && lastSegment().lastOffset() + 1 == last.nextOffset();
        if (!goesOn) {
            // What was lost behind the last frame is never given out again.
            begin(new SegmentHeader(
                    logId,
                    nextSegmentId++,
                    last.nextOffset(),
                    last.epoch(),
                    last.sequence(),
                    options.clock().wallMillis()));
            segment.close();
            IndexStore.write(disk, logId, segment.view(false), segment.index());
            segments.add(segment.view(false).entry());
            segment = null;
        }
        new ProducerStore(disk, directory)
                .write(
                        lastSegment().baseOffset(),
                        producers.snapshot(
                                logId,
                                lastSegment().segmentId(),
                                lastSegment().lengthBytes(),
                                last.epoch(),
                                last.sequence()));
        new ManifestStore(disk, directory)
                .write(new Manifest(
                        logId,
                        last.epoch(),
                        last.sequence(),
                        last.logStartOffset(),
                        last.maxFrameBytes(),
                        nextSegmentId,
                        segments,
                        List.of(),
                        last.replicated()));
    }

    List<Manifest.Segment> segments() {
        return segments;
    }

    private Manifest.Segment lastSegment() {
        return segments.get(segments.size() - 1);
    }

    @Override
    public void close() throws IOException {
        if (segment != null) {
            segment.close();
        }
    }
}
