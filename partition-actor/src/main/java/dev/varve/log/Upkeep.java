package dev.varve.log;

import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.format.ProducerEntry;
import dev.varve.log.io.NoSpaceException;
import dev.varve.log.segment.BadRange;
import dev.varve.log.segment.SegmentView;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What takes segments, or records, out of a log. Whatever changes the log is done while the log's {@code writing} is held; all else
 * beside whoever appends and reads.
 */
final class Upkeep implements Compaction.Log {
    private static final Logger LOGGER = LoggerFactory.getLogger(Upkeep.class);

    private final PartitionLog log;
    private final Object writing;
    private final LogWriter writer;
    private final LogKeys keys;
    private final LogReads reads;
    private final DamageList damage;
    private final SteadyClock steadyClock;
    private final Compaction compaction;
    private final List<LogListener> listeners = new CopyOnWriteArrayList<>();
    private volatile boolean isEnding;

    /** @param keys null in a log that does not find records by them */
    Upkeep(
            PartitionLog log,
            Object writing,
            LogOptions options,
            LogWriter writer,
            LogKeys keys,
            LogReads reads,
            DamageList damage) {
        this.log = log;
        this.writing = writing;
        this.writer = writer;
        this.keys = keys;
        this.reads = reads;
        this.damage = damage;
        this.steadyClock = new SteadyClock(
                options.clock(),
                SegmentTimes.latest(writer.view(), options.clock().wallMillis()));
        this.compaction = new Compaction(options, this, keys);
    }

    void listen(LogListener listener) {
        listeners.add(listener);
    }

    /** Has compaction end soon, with {@link LogException.Closed}. */
    void end() {
        isEnding = true;
    }

    /** One run at a time; a second one waits. */
    synchronized CompactionResult compact(CompactionPolicy policy, LongConsumer pace) {
        return compaction.run(policy, bytes -> {
            if (isEnding) {
                throw new LogException.Closed(log.directory());
            }
            pace.accept(bytes);
        });
    }

    /** Waits for a run to end. */
    synchronized void awaitEnd() {
        // To have entered is all.
    }

    /** To be called while the log is being written to. */
    RetentionResult applyRetention(RetentionPolicy policy) {
        LogView view = writer.view();
        Retention.Cut cut = Retention.cut(policy, view, steadyClock.nowMillis(policy.clockTrust()));
        if (cut.total() == 0) {
            return new RetentionResult(0, 0, view.logStartOffset());
        }
        long offset = Math.max(view.logStartOffset(), view.segment(cut.total()).baseOffset());
        List<SegmentView> sealed = view.sealed();
        List<SegmentView> dropped = dropBefore(offset, segment -> cut.reason(sealed.indexOf(segment)));
        return new RetentionResult(
                dropped.size(),
                dropped.stream().mapToLong(SegmentView::lengthBytes).sum(),
                offset);
    }

    /** To be called while the log is being written to. */
    void deleteBefore(long offset) {
        dropBefore(offset, segment -> Removal.Reason.DELETED_BEFORE);
    }

    private List<SegmentView> dropBefore(long offset, Function<SegmentView, Removal.Reason> reason) {
        List<SegmentView> dropped = log.change(() -> writer.dropBefore(offset));
        for (SegmentView segment : dropped) {
            retire(segment);
            writer.removeFiles(segment);
            reads.retire(segment);
            tell(new Removal(
                    reason.apply(segment),
                    segment.file().getFileName().toString(),
                    segment.baseOffset(),
                    segment.lastOffset(),
                    segment.records(),
                    segment.lengthBytes()));
        }
        return dropped;
    }

    private void retire(SegmentView segment) {
        if (keys != null) {
            try {
                keys.retire(segment);
            } catch (IOException e) {
                LOGGER.warn("The keys of {} could not be closed: {}", segment.file(), e.toString());
            }
        }
    }

    private void tell(Removal removal) {
        for (LogListener listener : listeners) {
            try {
                listener.removed(removal);
            } catch (RuntimeException e) {
                LOGGER.warn("A listener failed at {}", removal, e);
            }
        }
    }

    @Override
    public LogView view() {
        return log.view();
    }

    @Override
    public long logId() {
        return writer.logId();
    }

    @Override
    public int maxFrameBytes() {
        return writer.maxFrameBytes();
    }

    @Override
    public long newSegmentId() {
        synchronized (writing) {
            return writer.newSegmentId();
        }
    }

    @Override
    public long nowMillis() {
        synchronized (writing) {
            return steadyClock.nowMillis(RetentionPolicy.DEFAULT_CLOCK_TRUST);
        }
    }

    @Override
    public long deletions() {
        return log.deletions();
    }

    @Override
    public Set<Long> batchesOfProducers() {
        Set<Long> baseOffsets = new HashSet<>();
        synchronized (writing) {
            for (ProducerEntry producer : writer.producers().all()) {
                producer.batches().forEach(batch -> baseOffsets.add(batch.baseOffset()));
            }
        }
        return baseOffsets;
    }

    @Override
    public boolean isDamaged(SegmentView segment) {
        return !damage.in(id -> id == segment.segmentId()).isEmpty();
    }

    @Override
    public void damaged(SegmentView segment, BadRange bad) {
        damage.add(segment.segmentId(), bad.position(), bad.firstOffset(), bad.lastOffset());
    }

    @Override
    public void learnKeysAnew() throws IOException {
        synchronized (writing) {
            keys.learnAnew(log.view());
        }
    }

    @Override
    public boolean replace(SegmentView old, SegmentView compacted, Removal removal) throws NoSpaceException {
        synchronized (writing) {
            log.requireReady();
            if (writer.view().sealed().stream().noneMatch(segment -> segment.segmentId() == old.segmentId())) {
                return false;
            }
            NoSpaceException noSpace = log.change(() -> replace(old, compacted));
            if (noSpace != null) {
                throw noSpace;
            }
            retire(old);
            if (compacted == null) {
                writer.removeFiles(old);
            }
            reads.retire(old);
            tell(removal);
            return true;
        }
    }

    /** Gives back what there was no room for: nothing has changed then, and nothing that an append needs is missing. */
    private NoSpaceException replace(SegmentView old, SegmentView compacted) throws IOException {
        writer.sync();
        try {
            writer.replace(old, compacted);
        } catch (NoSpaceException e) {
            return e;
        }
        if (compacted != null) {
            try {
                writer.settle(compacted);
            } catch (NoSpaceException e) {
                LOGGER.warn(
                        "{} keeps the name under which compaction wrote it until the next open: {}",
                        compacted.file(),
                        e.toString());
            }
        }
        return null;
    }
}
