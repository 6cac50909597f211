package dev.varve.log;

import dev.varve.log.segment.SegmentView;

/**
 * When the last record of each sealed segment was written, as far as one may act on it. The timestamps of records are what their
 * senders say, and the times at which segments were begun what the wall clock said; any of them may be wrong. So:
 *
 * <ul>
 *   <li>If the greatest timestamp of a segment lies between the time when the segment was begun and that when the next one was, and the
 *       segment was not begun before an earlier one, and none of this lies in the future, then the timestamp is right.
 *   <li>Else it is the time at which the segment was sealed: when the first later segment was begun whose time is neither in the
 *       future nor before all that is known of earlier ones; or now, if there is none. Or the greatest timestamp, if that is later
 *       and not in the future.
 * </ul>
 *
 * So a timestamp or a clock from the far past lets nothing go early, and one from the future lets nothing stay for ever.
 */
final class SegmentTimes {
    private SegmentTimes() {}

    /** The times of the sealed segments of a view, given the present one; milliseconds since 1970-01-01T00:00:00Z. */
    static long[] lastWritten(LogView view, long now) {
        long[] times = new long[view.sealed().size()];
        long latest = Long.MIN_VALUE;
        for (int i = 0; i < times.length; i++) {
            SegmentView segment = view.segment(i);
            long begun = segment.createdMillis();
            long next = view.segment(i + 1).createdMillis();
            long stamped = segment.maxTimestamp();
            boolean isConsistent = latest <= begun && begun <= stamped && stamped <= next && next <= now;
            latest = laterUnlessFuture(latest, begun, now);
            times[i] = isConsistent ? stamped : laterUnlessFuture(sealed(view, i, latest, now), stamped, now);
        }
        return times;
    }

    private static long sealed(LogView view, int index, long earliest, long now) {
        for (int i = index + 1; i < view.segmentCount(); i++) {
            long begun = view.segment(i).createdMillis();
            if (begun >= earliest && begun <= now) {
                return begun;
            }
        }
        return now;
    }

    private static long laterUnlessFuture(long time, long other, long now) {
        return other <= now ? Math.max(time, other) : time;
    }

    /** A time that it certainly is by now, if the clock was right when it was noted down: the latest that is not in the future. */
    static long latest(LogView view, long wallMillis) {
        long latest = Long.MIN_VALUE;
        for (int i = 0; i < view.segmentCount(); i++) {
            latest = laterUnlessFuture(latest, view.segment(i).createdMillis(), wallMillis);
            latest = laterUnlessFuture(latest, view.segment(i).maxTimestamp(), wallMillis);
        }
        return latest;
    }
}
