package dev.varve.cluster;

import dev.varve.log.LogDescription;
import dev.varve.log.SegmentDescription;
import java.util.List;

/** Which records a topic no longer keeps. The leader decides, and the replicas are told the offset. */
final class Retention {
    private Retention() {}

    /**
     * The log start offset that these settings ask for: oldest first, whole sealed segments go.
     *
     * @param nowMillis the leader's time, in milliseconds since 1970-01-01T00:00:00Z
     * @return the log start offset as it is if everything is kept
     */
    static long logStartOffset(LogDescription log, TopicSettings settings, long nowMillis) {
        List<SegmentDescription> segments = log.segments();
        long start = log.logStartOffset();
        long left = segments.stream().mapToLong(SegmentDescription::bytes).sum();
        for (SegmentDescription segment : segments) {
            if (!segment.sealed()) {
                break;
            }
            left -= segment.bytes();
            boolean isTooMuch = settings.retentionBytes().isPresent()
                    && left >= settings.retentionBytes().getAsLong();
            boolean isTooOld = settings.retentionMs().isPresent()
                    && segment.maxTimestamp()
                            < nowMillis - settings.retentionMs().getAsLong();
            if (!isTooMuch && !isTooOld) {
                break;
            }
            start = Math.max(start, segment.lastOffset() + 1);
        }
        return start;
    }
}
