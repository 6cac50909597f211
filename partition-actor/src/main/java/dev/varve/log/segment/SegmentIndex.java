package dev.varve.log.segment;

import dev.varve.log.format.FrameHeader;

/**
 * Both indexes of a segment, built from its frames in order. An entry is added with the first frame that begins at least
 * {@link #INTERVAL_BYTES} behind the last one, so the same frames always give the same entries.
 *
 * <p>What was read from files is believed only as far as each lookup shows it to be true; what was built from frames needs no
 * such proof. One thread adds; any thread looks up, at the same time.
 */
public final class SegmentIndex {
    /** How far entries lie apart, in bytes of the segment. */
    public static final int INTERVAL_BYTES = 4096;

    private volatile OffsetIndex offsets;
    private volatile TimeIndex times;

    /** Whether the entries come from a file. */
    private volatile boolean isHearsay;

    /** Volatile for the sake of those who only look whether there is anything to do; changed under the lock. */
    private volatile long lastEntryPosition;

    public SegmentIndex(long baseOffset) {
        this(new OffsetIndex(baseOffset), new TimeIndex(), false);
    }

    private SegmentIndex(OffsetIndex offsets, TimeIndex times, boolean isHearsay) {
        this.offsets = offsets;
        this.times = times;
        this.isHearsay = isHearsay;
        this.lastEntryPosition = offsets.lastPosition();
    }

    /** An index that was read from files; frames behind those that it covers may be added. */
    static SegmentIndex loaded(OffsetIndex offsets, TimeIndex times) {
        return new SegmentIndex(offsets, times, true);
    }

    /** Takes note of a frame; frames come in the order of their positions. Marks, which hold no records, count for nothing. */
    public void add(FrameHeader frame, long position) {
        if (!frame.isMark()) {
            add(frame.baseOffset(), frame.maxTimestampBefore(), position);
        }
    }

    void add(long baseOffset, long maxTimestampBefore, long position) {
        if (position - lastEntryPosition >= INTERVAL_BYTES) {
            addEntry(baseOffset, maxTimestampBefore, position);
        }
    }

    private synchronized void addEntry(long baseOffset, long maxTimestampBefore, long position) {
        if (position - lastEntryPosition >= INTERVAL_BYTES) {
            offsets.add(baseOffset, position);
            times.add(maxTimestampBefore, position);
            lastEntryPosition = position;
        }
    }

    /**
     * Replaces what was read from files by what the frames say.
     *
     * @param built from the frames up to a length
     * @param builtBytes that length; what was added behind it stays
     */
    synchronized void correct(SegmentIndex built, long builtBytes) {
        offsets = built.offsets.followedBy(offsets, builtBytes);
        times = built.times.followedBy(times, builtBytes);
        lastEntryPosition = offsets.lastPosition();
        isHearsay = false;
    }

    boolean isHearsay() {
        return isHearsay;
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
