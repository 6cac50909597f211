package dev.varve.log.segment;

import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.SegmentHeader;

/**
 * Both indexes of a segment, built from its frames in order. An entry is added with the first frame that begins at least
 * {@link #INTERVAL_BYTES} behind the last one, so the same frames always give the same entries.
 */
public final class SegmentIndex {
    /** How far entries lie apart, in bytes of the segment. */
    public static final int INTERVAL_BYTES = 4096;

    private final OffsetIndex offsets;
    private final TimeIndex times;
    private long lastEntryPosition = SegmentHeader.BYTES;
    private long greatestTimestamp = Long.MIN_VALUE;

    public SegmentIndex(long baseOffset) {
        this(new OffsetIndex(baseOffset), new TimeIndex());
    }

    private SegmentIndex(OffsetIndex offsets, TimeIndex times) {
        this.offsets = offsets;
        this.times = times;
    }

    /** An index that was read, to which no frame will be added. */
    static SegmentIndex loaded(OffsetIndex offsets, TimeIndex times) {
        return new SegmentIndex(offsets, times);
    }

    /** An index that was read, to which frames behind this length will be added. */
    static SegmentIndex resumed(OffsetIndex offsets, TimeIndex times, long greatestTimestamp) {
        SegmentIndex index = new SegmentIndex(offsets, times);
        index.lastEntryPosition = offsets.count() == 0
                ? SegmentHeader.BYTES
                : offsets.floor(Long.MAX_VALUE).position();
        index.greatestTimestamp = greatestTimestamp;
        return index;
    }

    /** Takes note of a frame; frames come in the order of their positions. Marks, which hold no records, count for nothing. */
    public void add(FrameHeader frame, long position) {
        if (frame.isMark()) {
            return;
        }
        add(frame.baseOffset(), frame.maxTimestamp(), position);
    }

    /** Takes note of a frame that is damaged behind its fixed fields: whoever looks for the time of its records must meet it. */
    public void addDamaged(FrameHeader frame) {
        if (!frame.isMark()) {
            greatestTimestamp = Math.max(greatestTimestamp, frame.maxTimestamp());
        }
    }

    void add(long baseOffset, long maxTimestamp, long position) {
        if (position - lastEntryPosition >= INTERVAL_BYTES) {
            offsets.add(baseOffset, position);
            times.add(greatestTimestamp, position);
            lastEntryPosition = position;
        }
        greatestTimestamp = Math.max(greatestTimestamp, maxTimestamp);
    }

    public OffsetIndex offsets() {
        return offsets;
    }

    public TimeIndex times() {
        return times;
    }

    long memoryBytes() {
        return 64 + offsets.memoryBytes() + times.memoryBytes();
    }
}
