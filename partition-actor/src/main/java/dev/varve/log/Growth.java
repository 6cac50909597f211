package dev.varve.log;

import dev.varve.log.format.FrameHeader;
import dev.varve.log.segment.SegmentScanner;
import dev.varve.log.segment.SegmentScanner.Expectation;
import dev.varve.log.segment.SegmentView;
import java.nio.ByteBuffer;

/**
 * Adds to the view of a segment what a scan meets behind it, up to the first bad byte. That is most likely a write under way,
 * and the end of the log; unless something behind it says that it was durable, which {@link #provesDamage} tells.
 */
final class Growth implements SegmentScanner.Visitor {
    private final SegmentView seen;
    private Expectation next;
    private TailScan.LastFrame last;
    private long end;
    private long lastOffset;
    private long records;
    private long minTimestamp;
    private long maxTimestamp;
    private long durableOffset = -1;
    private long badPosition = Long.MAX_VALUE;
    private boolean provesDamage;

    /**
     * @param next what must hold of the first frame behind the view
     * @param last the last frame of the view, or null if there is none
     */
    Growth(SegmentView seen, Expectation next, TailScan.LastFrame last) {
        this.seen = seen;
        this.next = next;
        this.last = last;
        this.end = seen.lengthBytes();
        this.lastOffset = seen.lastOffset();
        this.records = seen.records();
        this.minTimestamp = seen.minTimestamp();
        this.maxTimestamp = seen.maxTimestamp();
    }

    @Override
    public boolean frame(FrameHeader header, long position, ByteBuffer buffer, int at) {
        if (position > badPosition) {
            provesDamage = header.durableMark() > badPosition;
            return !provesDamage;
        }
        seen.liveIndex().add(header, position);
        if (header.durableMark() == position) {
            durableOffset = next.offset();
        }
        next = new Expectation(header.nextOffset(), header.epoch(), header.sequence());
        last = TailScan.LastFrame.of(position, buffer, at);
        end = position + header.frameBytes();
        if (!header.isMark()) {
            lastOffset = header.lastOffset();
            records += header.recordCount();
            minTimestamp = Math.min(minTimestamp, header.minTimestamp());
            maxTimestamp = Math.max(maxTimestamp, header.maxTimestamp());
        }
        return true;
    }

    @Override
    public boolean bad(long position, long badEnd, FrameHeader header, String reason) {
        badPosition = Math.min(badPosition, position);
        return true;
    }

    /** Whether the bad bytes that were met lie below a durable mark. */
    boolean provesDamage() {
        return provesDamage;
    }

    /** The position behind the last frame. */
    long end() {
        return end;
    }

    /** What must hold of the next frame. */
    Expectation next() {
        return next;
    }

    /** The last frame, or null if there is none. */
    TailScan.LastFrame last() {
        return last;
    }

    /** The offset behind the last one that these frames say is durable; -1 if they say nothing. */
    long durableOffset() {
        return durableOffset;
    }

    SegmentView view() {
        return new SegmentView(
                seen.segmentId(),
                seen.baseOffset(),
                seen.file(),
                end,
                lastOffset,
                records,
                minTimestamp,
                maxTimestamp,
                seen.createdMillis(),
                false,
                seen.liveIndex());
    }
}
