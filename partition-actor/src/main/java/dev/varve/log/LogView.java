package dev.varve.log;

import dev.varve.log.segment.SegmentView;
import java.util.List;

/**
 * What readers see of a log at one moment. Immutable; replaced as a whole when something becomes visible.
 *
 * @param sealed the sealed segments in order
 * @param active the segment that takes appends, up to where it is visible
 * @param logStartOffset the least offset that can be read
 * @param logEndOffset the offset behind the last visible one
 * @param durableOffset the offset behind the last one known to be on the disk
 */
record LogView(
        List<SegmentView> sealed, SegmentView active, long logStartOffset, long logEndOffset, long durableOffset) {

    int segmentCount() {
        return sealed.size() + 1;
    }

    SegmentView segment(int index) {
        return index < sealed.size() ? sealed.get(index) : active;
    }

    /** The last segment whose base offset is at or below an offset, or the first one. */
    int segmentIndexFor(long offset) {
        int low = 0;
        int high = segmentCount() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (segment(middle).baseOffset() <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
