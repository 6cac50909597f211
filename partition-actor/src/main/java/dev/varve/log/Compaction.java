package dev.varve.log;

import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.compaction.CompactionPolicy.Keep;
import dev.varve.log.compaction.SegmentRewrite;
import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.io.NoSpaceException;
import dev.varve.log.keys.KeyTable;
import dev.varve.log.segment.BadRange;
import dev.varve.log.segment.FailedReadException;
import dev.varve.log.segment.SegmentView;
import dev.varve.log.segment.UnreadableException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes over the sealed segments of a log, oldest first, and writes those anew in which enough is dead. Appends and reads go on beside
 * it; only the moment at which a new segment takes the place of the old one is the log's. For one run at a time.
 */
final class Compaction {
    private static final Logger LOGGER = LoggerFactory.getLogger(Compaction.class);

    private final LogOptions options;
    private final Log log;
    private final LogKeys keys;
    /** Of segments that held nothing dead after all: how much their tables took for dead. Asked again only when that changes. */
    private final Map<Long, Long> fruitless = new HashMap<>();
    /** What was found of segments that were not dead enough. */
    private final Map<Long, Considered> considered = new HashMap<>();

    /**
     * A segment that was not dead enough: a record that is appended makes one other dead at most, so it cannot be dead enough again before
     * so many more were appended, or something was deleted.
     */
    private record Considered(CompactionPolicy policy, long logEndOffset, long deletions, long missing) {
        boolean stillHolds(CompactionPolicy now, long newEndOffset, long newDeletions) {
            return policy.equals(now) && deletions == newDeletions && newEndOffset - logEndOffset < missing;
        }
    }

    /** What compaction asks of the log. Each is one step, whatever goes on beside. */
    interface Log {
        LogView view();

        long logId();

        int maxFrameBytes();

        long newSegmentId();

        /** The present time, as far as one may act on it. */
        long nowMillis();

        /** How many deletions by key there were since the log was opened. */
        long deletions();

        /** The base offsets of the batches that the log remembers as the last ones of their producers. */
        Set<Long> batchesOfProducers();

        /** Whether anything of a segment is known to be damaged. */
        boolean isDamaged(SegmentView segment);

        void damaged(SegmentView segment, BadRange bad);

        /** Makes the directory of keys anew, because it was found to be damaged. */
        void learnKeysAnew() throws IOException;

        /**
         * Puts a segment in the place of the one that it was made from, durably; null if nothing stays.
         *
         * @return false if that one is no part of the log any more
         * @throws NoSpaceException if there is no room to note it down; the log is as it was
         * @throws LogException if the log failed; the manifest may name either of the two then
         */
        boolean replace(SegmentView old, SegmentView compacted, Removal removal) throws NoSpaceException;
    }

    /** What a run has come to. */
    private static final class Tally {
        int segments;
        int rewritten;
        int dropped;
        long records;
        long bytesRead;
        long bytesReclaimed;
        final List<CompactionResult.LeftAlone> leftAlone = new ArrayList<>();

        void leave(SegmentView segment, String reason) {
            LOGGER.warn("{} is not compacted: {}", segment.file(), reason);
            leftAlone.add(
                    new CompactionResult.LeftAlone(segment.file().getFileName().toString(), reason));
        }

        CompactionResult result() {
            return new CompactionResult(segments, rewritten, dropped, records, bytesRead, bytesReclaimed, leftAlone);
        }
    }

    Compaction(LogOptions options, Log log, LogKeys keys) {
        this.options = options;
        this.log = log;
        this.keys = keys;
    }

    CompactionResult run(CompactionPolicy policy, LongConsumer pace) {
        Tally tally = new Tally();
        LogView seen = log.view();
        Set<Long> ids = seen.sealed().stream().map(SegmentView::segmentId).collect(Collectors.toSet());
        fruitless.keySet().retainAll(ids);
        considered.keySet().retainAll(ids);
        for (SegmentView segment : seen.sealed()) {
            tally.segments++;
            try {
                compact(policy, segment, tally, pace);
            } catch (CodecUnavailableException | UnreadableException | FailedReadException e) {
                tally.leave(segment, e.getMessage());
            } catch (KeyTable.DamagedTableException e) {
                learnKeysAnew(segment, tally, e);
            } catch (IOException e) {
                if (isGone(segment)) {
                    continue;
                }
                throw new LogException.IoFailed(segment.file(), -1, "compacting", e);
            }
        }
        return tally.result();
    }

    /** Whether somebody deleted it meanwhile. */
    private boolean isGone(SegmentView segment) {
        return log.view().sealed().stream().noneMatch(other -> other.segmentId() == segment.segmentId());
    }

    private void learnKeysAnew(SegmentView segment, Tally tally, KeyTable.DamagedTableException e) {
        tally.leave(segment, e.getMessage() + "; the next compaction takes it");
        try {
            log.learnKeysAnew();
        } catch (IOException failure) {
            throw new LogException.IoFailed(segment.file(), -1, "looking for the keys of", failure);
        }
    }

    private void compact(CompactionPolicy policy, SegmentView segment, Tally tally, LongConsumer pace)
            throws IOException {
        if (isGone(segment)) {
            return;
        }
        if (log.isDamaged(segment)) {
            tally.leave(segment, "it is damaged");
            return;
        }
        long logEndOffset = log.view().logEndOffset();
        long deletions = log.deletions();
        Considered before = considered.get(segment.segmentId());
        if (before != null && before.stillHolds(policy, logEndOffset, deletions)) {
            return;
        }
        KeyEvidence evidence = KeyEvidence.gather(keys, log::view, segment, policy.keep(), pace);
        if (evidence.isDamaged()) {
            tally.leave(segment, "it is damaged");
            return;
        }
        long missing = evidence.missing(policy.minDeadShare());
        if (missing > 0) {
            considered.put(segment.segmentId(), new Considered(policy, logEndOffset, deletions, missing));
            return;
        }
        if ((evidence.dead() == 0 && !mayHoldTombstones(policy))
                || fruitless.getOrDefault(segment.segmentId(), -1L) == evidence.dead()) {
            return;
        }
        rewrite(policy, segment, evidence, tally, pace);
    }

    /** Tables do not tell which records are without a value; whoever wants every dead record out has the segments read. */
    private static boolean mayHoldTombstones(CompactionPolicy policy) {
        return policy.minDeadShare() == 0 && policy.keep() == Keep.LATEST_OF_KEY;
    }

    private void rewrite(
            CompactionPolicy policy, SegmentView segment, KeyEvidence evidence, Tally tally, LongConsumer pace)
            throws IOException {
        long newSegmentId = log.newSegmentId();
        Set<Long> needed = log.batchesOfProducers();
        SegmentRewrite.Outcome outcome = new SegmentRewrite(
                        options.disk(),
                        segment,
                        new SegmentRewrite.Order(
                                log.logId(),
                                log.maxFrameBytes(),
                                newSegmentId,
                                policy.keep(),
                                evidence,
                                areTombstonesOld(policy, segment),
                                needed::contains,
                                pace))
                .run();
        tally.bytesRead += segment.lengthBytes();
        if (outcome.bad() != null) {
            log.damaged(segment, outcome.bad());
            tally.leave(
                    segment,
                    "damaged at position " + outcome.bad().position() + ": "
                            + outcome.bad().reason());
        } else if (outcome.droppedRecords() == 0) {
            fruitless.put(segment.segmentId(), evidence.dead());
        } else {
            replace(segment, newSegmentId, outcome, tally);
        }
    }

    private void replace(SegmentView segment, long newSegmentId, SegmentRewrite.Outcome outcome, Tally tally)
            throws NoSpaceException {
        SegmentView compacted = outcome.segment();
        long reclaimed = segment.lengthBytes() - (compacted == null ? 0 : compacted.lengthBytes());
        Removal removal = new Removal(
                Removal.Reason.COMPACTION,
                segment.file().getFileName().toString(),
                segment.baseOffset(),
                segment.lastOffset(),
                outcome.droppedRecords(),
                reclaimed);
        try {
            if (!log.replace(segment, compacted, removal)) {
                SegmentRewrite.discard(options.disk(), segment, newSegmentId);
                return;
            }
        } catch (NoSpaceException | LogException.ReadOnly e) {
            SegmentRewrite.discard(options.disk(), segment, newSegmentId);
            throw e;
        }
        tally.rewritten += compacted == null ? 0 : 1;
        tally.dropped += compacted == null ? 1 : 0;
        tally.records += outcome.droppedRecords();
        tally.bytesReclaimed += reclaimed;
    }

    private boolean areTombstonesOld(CompactionPolicy policy, SegmentView segment) {
        LogView view = log.view();
        long now = log.nowMillis();
        long[] times = SegmentTimes.lastWritten(view, now);
        for (int i = 0; i < times.length; i++) {
            if (view.segment(i).segmentId() == segment.segmentId()) {
                return policy.tombstoneAge().isZero()
                        || Retention.isOlder(times[i], Delays.millis(policy.tombstoneAge()), now);
            }
        }
        return false;
    }
}
