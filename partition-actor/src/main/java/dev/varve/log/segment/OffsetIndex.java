package dev.varve.log.segment;

import dev.varve.log.format.IndexFile;
import dev.varve.log.format.SegmentHeader;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * From offsets to positions in a segment, an entry every few kilobytes. One thread adds entries; any thread looks up,
 * at the same time. A hint: whoever uses an entry checks it against the frame that it points to.
 */
public final class OffsetIndex {
    private static final int INITIAL_ENTRIES = 16;

    private final long baseOffset;
    /** Volatile, so that whoever sees a larger array sees what was copied into it. */
    private volatile int[] offsetDeltas;

    private volatile int[] positions;

    /** Written last and read first, so that whoever sees an entry counted sees the entry. */
    private volatile int count;

    /** The place where a search may begin: a frame with this base offset is at this position. */
    public record Entry(long offset, long position) {}

    public OffsetIndex(long baseOffset) {
        this(baseOffset, new int[INITIAL_ENTRIES], new int[INITIAL_ENTRIES], 0);
    }

    private OffsetIndex(long baseOffset, int[] offsetDeltas, int[] positions, int count) {
        this.baseOffset = baseOffset;
        this.offsetDeltas = offsetDeltas;
        this.positions = positions;
        this.count = count;
    }

    void add(long offset, long position) {
        int n = count;
        if (n == positions.length) {
            offsetDeltas = Arrays.copyOf(offsetDeltas, 2 * n);
            positions = Arrays.copyOf(positions, 2 * n);
        }
        offsetDeltas[n] = Math.toIntExact(offset - baseOffset);
        positions[n] = Math.toIntExact(position);
        count = n + 1;
    }

    /** The last entry at or below an offset, or the beginning of the segment. */
    public Entry floor(long offset) {
        int n = count;
        int[] deltas = offsetDeltas;
        long delta = offset - baseOffset;
        int low = 0;
        int high = n;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (deltas[middle] <= delta) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return entry(low - 1);
    }

    /** The last entry at or below a position, or the beginning of the segment. */
    Entry atOrBelow(long position) {
        int n = count;
        int[] all = positions;
        int low = 0;
        int high = n;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (all[middle] <= position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return entry(low - 1);
    }

    private Entry entry(int i) {
        return i < 0
                ? new Entry(baseOffset, SegmentHeader.BYTES)
                : new Entry(baseOffset + offsetDeltas[i], positions[i]);
    }

    /** The position of the last entry, or the beginning of the segment. */
    long lastPosition() {
        return entry(count - 1).position();
    }

    /** These entries, and behind them those of another index of the segment from a position on. */
    OffsetIndex followedBy(OffsetIndex other, long fromPosition) {
        OffsetIndex both = new OffsetIndex(baseOffset, offsetDeltas.clone(), positions.clone(), count);
        for (int i = 0; i < other.count; i++) {
            if (other.positions[i] >= fromPosition) {
                both.add(other.entry(i).offset(), other.positions[i]);
            }
        }
        return both;
    }

    /** About how much memory it takes. */
    long memoryBytes() {
        return 64 + 8L * positions.length;
    }

    IndexFile toFile(long logId, long segmentId, long coveredBytes) {
        int n = count;
        ByteBuffer entries = ByteBuffer.allocate(n * IndexFile.Kind.OFFSET.entryBytes());
        for (int i = 0; i < n; i++) {
            entries.putInt(offsetDeltas[i]).putInt(positions[i]);
        }
        return new IndexFile(IndexFile.Kind.OFFSET, logId, segmentId, coveredBytes, entries.flip());
    }

    /** The index in a file, or null if its entries are not in order or lie outside the segment. */
    static OffsetIndex of(SegmentView segment, IndexFile file) {
        int n = file.count();
        int[] deltas = new int[Math.max(n, 1)];
        int[] positions = new int[Math.max(n, 1)];
        int previousDelta = -1;
        int previousPosition = SegmentHeader.BYTES - 1;
        for (int i = 0; i < n; i++) {
            deltas[i] = file.entries().getInt(8 * i);
            positions[i] = file.entries().getInt(8 * i + 4);
            if (deltas[i] <= previousDelta || positions[i] <= previousPosition) {
                return null;
            }
            previousDelta = deltas[i];
            previousPosition = positions[i];
        }
        return n > 0
                        && (segment.baseOffset() + previousDelta > segment.lastOffset()
                                || previousPosition >= segment.lengthBytes())
                ? null
                : new OffsetIndex(segment.baseOffset(), deltas, positions, n);
    }
}
