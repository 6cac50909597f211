package dev.varve.log.segment;

import dev.varve.log.format.Manifest;
import java.nio.file.Path;

/**
 * A segment at one moment, as readers see it. Immutable but for the live index, which only grows.
 *
 * @param segmentId unique in the log
 * @param baseOffset the least offset that it may hold
 * @param file its file
 * @param lengthBytes up to where it may be read
 * @param lastOffset the greatest offset up to there; {@code baseOffset - 1} if there is none
 * @param records how many records up to there
 * @param minTimestamp the least timestamp up to there
 * @param maxTimestamp the greatest timestamp up to there
 * @param createdMillis when it was created
 * @param sealed whether it is complete
 * @param liveIndex its index while that is kept in memory for writing, else null
 */
public record SegmentView(
        long segmentId,
        long baseOffset,
        Path file,
        long lengthBytes,
        long lastOffset,
        long records,
        long minTimestamp,
        long maxTimestamp,
        long createdMillis,
        boolean sealed,
        SegmentIndex liveIndex) {

    public boolean isEmpty() {
        return lastOffset < baseOffset;
    }

    /** A segment as a manifest names it, without an index. */
    public static SegmentView of(Path directory, Manifest.Segment entry, boolean sealed) {
        return new SegmentView(
                entry.segmentId(),
                entry.baseOffset(),
                SegmentFiles.log(directory, entry.baseOffset()),
                entry.lengthBytes(),
                entry.lastOffset(),
                entry.records(),
                entry.minTimestamp(),
                entry.maxTimestamp(),
                entry.createdMillis(),
                sealed,
                null);
    }

    /** What a manifest is to say of it. */
    public Manifest.Segment entry() {
        return new Manifest.Segment(
                segmentId, baseOffset, lengthBytes, lastOffset, records, minTimestamp, maxTimestamp, createdMillis);
    }

    /** The same with other bytes to be read; what is told of the records stays. */
    public SegmentView withLengthBytes(long newLengthBytes) {
        return new SegmentView(
                segmentId,
                baseOffset,
                file,
                newLengthBytes,
                lastOffset,
                records,
                minTimestamp,
                maxTimestamp,
                createdMillis,
                sealed,
                liveIndex);
    }

    public SegmentView withLiveIndex(SegmentIndex index) {
        return new SegmentView(
                segmentId,
                baseOffset,
                file,
                lengthBytes,
                lastOffset,
                records,
                minTimestamp,
                maxTimestamp,
                createdMillis,
                sealed,
                index);
    }
}
