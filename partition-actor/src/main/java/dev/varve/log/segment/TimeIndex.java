package dev.varve.log.segment;

import dev.varve.log.format.IndexFile;
import dev.varve.log.format.SegmentHeader;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * From times to positions in a segment. An entry says what the greatest timestamp before a position is; that never falls,
 * whatever the clock did, so the first record at or after a time lies behind the last entry whose timestamp is below it.
 * One thread adds entries; any thread looks up, at the same time. A hint: every frame says what the greatest timestamp before
 * it is, and whoever uses an entry checks it against the frame that it points to.
 */
public final class TimeIndex {
    private static final int INITIAL_ENTRIES = 16;

    /** Volatile, so that whoever sees a larger array sees what was copied into it. */
    private volatile long[] timestamps;

    private volatile int[] positions;

    /** Written last and read first, so that whoever sees an entry counted sees the entry. */
    private volatile int count;

    /** The place where a search may begin: the greatest timestamp of all records before this position is this one. */
    public record Entry(long maxTimestampBefore, long position) {}

    public TimeIndex() {
        this(new long[INITIAL_ENTRIES], new int[INITIAL_ENTRIES], 0);
    }

    private TimeIndex(long[] timestamps, int[] positions, int count) {
        this.timestamps = timestamps;
        this.positions = positions;
        this.count = count;
    }

    /** Notes the greatest timestamp of all records before a position; nothing is added unless it has grown. */
    void add(long maxTimestampBefore, long position) {
        int n = count;
        if (n > 0 && timestamps[n - 1] >= maxTimestampBefore) {
            return;
        }
        if (n == positions.length) {
            timestamps = Arrays.copyOf(timestamps, 2 * n);
            positions = Arrays.copyOf(positions, 2 * n);
        }
        timestamps[n] = maxTimestampBefore;
        positions[n] = Math.toIntExact(position);
        count = n + 1;
    }

    /** The last entry with no record at or after this time before it, or the beginning of the segment. */
    public Entry floor(long timestamp) {
        int n = count;
        long[] times = timestamps;
        int low = 0;
        int high = n;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (times[middle] < timestamp) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == 0
                ? new Entry(Long.MIN_VALUE, SegmentHeader.BYTES)
                : new Entry(times[low - 1], positions[low - 1]);
    }

    /** These entries, and behind them those of another index of the segment from a position on. */
    TimeIndex followedBy(TimeIndex other, long fromPosition) {
        TimeIndex both = new TimeIndex(timestamps.clone(), positions.clone(), count);
        for (int i = 0; i < other.count; i++) {
            if (other.positions[i] >= fromPosition) {
                both.add(other.timestamps[i], other.positions[i]);
            }
        }
        return both;
    }

    long memoryBytes() {
        return 64 + 12L * positions.length;
    }

    IndexFile toFile(long logId, long segmentId, long coveredBytes) {
        int n = count;
        ByteBuffer entries = ByteBuffer.allocate(n * IndexFile.Kind.TIME.entryBytes());
        for (int i = 0; i < n; i++) {
            entries.putLong(timestamps[i]).putInt(positions[i]);
        }
        return new IndexFile(IndexFile.Kind.TIME, logId, segmentId, coveredBytes, entries.flip());
    }

    /** The index in a file, or null if its entries are not in order or lie outside the segment. */
    static TimeIndex of(SegmentView segment, IndexFile file) {
        int n = file.count();
        long[] timestamps = new long[Math.max(n, 1)];
        int[] positions = new int[Math.max(n, 1)];
        for (int i = 0; i < n; i++) {
            timestamps[i] = file.entries().getLong(12 * i);
            positions[i] = file.entries().getInt(12 * i + 8);
            if (positions[i] < SegmentHeader.BYTES
                    || (i > 0 && (timestamps[i] <= timestamps[i - 1] || positions[i] <= positions[i - 1]))) {
                return null;
            }
        }
        if (n > 0 && (timestamps[n - 1] > segment.maxTimestamp() || positions[n - 1] >= segment.lengthBytes())) {
            return null;
        }
        return new TimeIndex(timestamps, positions, n);
    }
}
