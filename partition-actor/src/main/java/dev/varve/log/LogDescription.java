package dev.varve.log;

import java.util.List;
import java.util.Optional;

/**
 * A log at one moment.
 *
 * @param logId the id that seeds every checksum of the log
 * @param epoch the epoch of its owner
 * @param logStartOffset the least offset that can be read
 * @param logEndOffset the offset behind the last one that can be read, which is the next one to be given out
 * @param durableOffset the offset behind the last one that is known to be on the disk
 * @param state what it is ready for
 * @param problem why it is not READY, in words; empty when it is
 * @param records how many records its segments hold, those below the log start offset included
 * @param bytes the length of its segment files up to their last frames
 * @param minTimestamp the least timestamp in its segments; {@link Long#MAX_VALUE} if there are no records
 * @param maxTimestamp the greatest timestamp in its segments; {@link Long#MIN_VALUE} if there are no records
 * @param segments its segments in order
 * @param damage what recovery and reads have found damaged, a bounded list
 * @param lastScrub the walk that looks for damage, or the last one since the log was opened; empty to who looks from outside
 */
public record LogDescription(
        long logId,
        long epoch,
        long logStartOffset,
        long logEndOffset,
        long durableOffset,
        LogState state,
        String problem,
        long records,
        long bytes,
        long minTimestamp,
        long maxTimestamp,
        List<SegmentDescription> segments,
        List<Damage> damage,
        Optional<ScrubDescription> lastScrub) {
    public LogDescription {
        segments = List.copyOf(segments);
        damage = List.copyOf(damage);
    }

    LogDescription withLastScrub(Optional<ScrubDescription> scrub) {
        return new LogDescription(
                logId,
                epoch,
                logStartOffset,
                logEndOffset,
                durableOffset,
                state,
                problem,
                records,
                bytes,
                minTimestamp,
                maxTimestamp,
                segments,
                damage,
                scrub);
    }
}
