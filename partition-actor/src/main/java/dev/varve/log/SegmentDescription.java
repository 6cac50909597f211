package dev.varve.log;

/**
 * A segment of a log.
 *
 * @param file the name of its file in the directory of the log
 * @param baseOffset the least offset that it may hold
 * @param lastOffset the greatest offset that it holds or knows of; {@code baseOffset - 1} if it is empty
 * @param records how many records it holds, deleted ones included
 * @param bytes the length of its file up to its last frame
 * @param minTimestamp the least timestamp in it; {@link Long#MAX_VALUE} if it is empty
 * @param maxTimestamp the greatest timestamp in it; {@link Long#MIN_VALUE} if it is empty
 * @param sealed whether it is complete; the last one of an open log is not
 */
public record SegmentDescription(
        String file,
        long baseOffset,
        long lastOffset,
        long records,
        long bytes,
        long minTimestamp,
        long maxTimestamp,
        boolean sealed) {}
