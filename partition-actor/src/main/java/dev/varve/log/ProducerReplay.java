package dev.varve.log;

import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.ProducerSnapshot;
import dev.varve.log.format.SegmentHeader;
import java.nio.ByteBuffer;

/**
 * Takes the frames of a log, in order from the start of a segment on, and brings up to date what a snapshot beside that segment
 * tells of the producers. The snapshot is a hint: it counts only once the log has shown the very frame behind which it was made.
 * For one use by one thread.
 */
final class ProducerReplay implements TailScan.FrameListener {
    private final ProducerSnapshot start;
    private final ProducerTable table;
    private boolean proven;
    /** Whether the frames are those of the segment that the snapshot lies beside. */
    private boolean inFirstSegment = true;

    private long end = SegmentHeader.BYTES;

    private ProducerReplay(ProducerSnapshot start, ProducerTable table) {
        this.start = start;
        this.table = table;
    }

    /** Goes on from a snapshot, once that is proven. */
    static ProducerReplay from(ProducerSnapshot snapshot, LogOptions options) {
        return new ProducerReplay(snapshot, new ProducerTable(options, snapshot));
    }

    /**
     * Begins with nothing known.
     *
     * @param proven whether there is nothing to know
     */
    static ProducerReplay fromNothing(LogOptions options, boolean proven) {
        ProducerReplay replay = new ProducerReplay(null, new ProducerTable(options));
        replay.proven = proven;
        return replay;
    }

    /** Tells that the log has, or had, a frame of this epoch and sequence that ends at this position of the first segment. */
    void knows(long position, long epoch, long sequence) {
        proven |= start != null && start.isAt(position, epoch, sequence);
    }

    @Override
    public void frame(FrameHeader header, long position, ByteBuffer buffer, int at) {
        frame(header, position);
    }

    void frame(FrameHeader header, long position) {
        end = position + header.frameBytes();
        if (inFirstSegment) {
            knows(end, header.epoch(), header.sequence());
        }
        boolean isCovered = inFirstSegment && start != null && position < start.coveredBytes();
        if (!isCovered && !header.isMark()) {
            table.add(header.producer(), header.lastOffsetDelta(), header.baseOffset(), header.maxTimestamp());
        }
    }

    /** The frames that follow are those of another segment. */
    void nextSegment() {
        inFirstSegment = false;
    }

    /** Whether there is any sense in showing it the log. */
    boolean isPromising() {
        return proven || start != null;
    }

    /** Whether the log has shown that what this began with is true of it. */
    boolean isProven() {
        return proven;
    }

    /** The position behind the last frame. */
    long end() {
        return end;
    }

    ProducerTable table() {
        return table;
    }
}
