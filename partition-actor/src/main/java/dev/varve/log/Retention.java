package dev.varve.log;

import dev.varve.log.segment.SegmentView;

/** Which segments a policy lets go. */
final class Retention {
    private Retention() {}

    /**
     * What is to go.
     *
     * @param aged how many of the sealed segments, from the oldest on, for their age
     * @param total how many in all, the others for the size of the log
     */
    record Cut(int aged, int total) {
        Removal.Reason reason(int index) {
            return index < aged ? Removal.Reason.AGE : Removal.Reason.SIZE;
        }
    }

    static Cut cut(RetentionPolicy policy, LogView view, long now) {
        int aged = aged(policy, view, now);
        return new Cut(aged, oversized(policy, view, aged));
    }

    private static int aged(RetentionPolicy policy, LogView view, long now) {
        if (policy.maxAge().isEmpty()) {
            return 0;
        }
        long maxAge = Delays.millis(policy.maxAge().get());
        long[] times = SegmentTimes.lastWritten(view, now);
        int aged = 0;
        while (aged < times.length && isOlder(times[aged], maxAge, now)) {
            aged++;
        }
        return aged;
    }

    static boolean isOlder(long time, long maxAge, long now) {
        long age = now - time;
        // Below zero although the time is earlier: more than a number can say.
        return time < now && (age < 0 || age > maxAge);
    }

    private static int oversized(RetentionPolicy policy, LogView view, int gone) {
        if (policy.maxBytes().isEmpty()) {
            return gone;
        }
        long bytes = 0;
        for (int i = gone; i < view.segmentCount(); i++) {
            bytes += view.segment(i).lengthBytes();
        }
        int total = gone;
        while (total < view.sealed().size() && bytes > policy.maxBytes().getAsLong()) {
            SegmentView segment = view.segment(total);
            bytes -= segment.lengthBytes();
            total++;
        }
        return total;
    }
}
