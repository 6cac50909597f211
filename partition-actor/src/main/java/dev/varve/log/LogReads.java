package dev.varve.log;

import dev.varve.log.io.LateLogger;
import dev.varve.log.segment.BadRange;
import dev.varve.log.segment.FailedReadException;
import dev.varve.log.segment.ForeignSegmentException;
import dev.varve.log.segment.IndexStore;
import dev.varve.log.segment.ReadHandles;
import dev.varve.log.segment.SegmentReader;
import dev.varve.log.segment.SegmentView;
import dev.varve.log.segment.UnreadableException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Answers reads from a view of a log, across its segments. Any thread. */
final class LogReads implements Closeable {
    private static final LateLogger LOGGER = new LateLogger(LogReads.class);

    private final ReadHandles handles;
    private final IndexStore indexes;
    private final SegmentReader reader;
    private final DamageList damage;

    LogReads(LogOptions options, long logId, int maxFrameBytes, DamageList damage) {
        this.handles = new ReadHandles(options.disk(), logId);
        this.indexes = new IndexStore(options.disk(), logId, maxFrameBytes, options.indexCacheBytes());
        this.reader = new SegmentReader(handles, indexes, logId, maxFrameBytes);
        this.damage = damage;
    }

    SegmentReader reader() {
        return reader;
    }

    ReadResult read(LogView view, long offset, int maxBytes) {
        if (maxBytes < 0) {
            throw new IllegalArgumentException("maxBytes must be 0 or more, not " + maxBytes);
        }
        if (offset < view.logStartOffset()) {
            throw new LogException.BelowLogStart(offset, view.logStartOffset(), view.logEndOffset());
        }
        if (offset > view.logEndOffset()) {
            throw new LogException.AboveLogEnd(offset, view.logStartOffset(), view.logEndOffset());
        }
        List<StoredBatch> batches = new ArrayList<>();
        long bytes = 0;
        long next = offset;
        for (int i = view.segmentIndexFor(offset); i < view.segmentCount() && next < view.logEndOffset(); i++) {
            if (bytes >= maxBytes && !batches.isEmpty()) {
                break;
            }
            SegmentView segment = view.segment(i);
            if (segment.lastOffset() < next) {
                continue;
            }
            SegmentReader.Result result;
            try {
                result = read(segment, next, maxBytes - bytes, batches.isEmpty());
            } catch (LogException e) {
                if (batches.isEmpty()) {
                    throw e;
                }
                // What was read is good; whoever asks for the next offset is told.
                break;
            }
            for (SegmentReader.Found found : result.batches()) {
                batches.add(new StoredBatch(segment.file(), found.position(), found.batch()));
            }
            bytes += result.bytes();
            next = result.nextOffset();
            if (result.bad() != null) {
                LogException.CorruptRecord corrupt = corrupt(segment, result.bad());
                if (batches.isEmpty()) {
                    throw corrupt;
                }
                break;
            }
            if (next <= segment.lastOffset()) {
                break;
            }
        }
        return new ReadResult(offset, next, view.logStartOffset(), view.logEndOffset(), batches);
    }

    private SegmentReader.Result read(SegmentView segment, long offset, long budget, boolean first) {
        try {
            return reader.read(segment, Math.max(offset, segment.baseOffset()), budget, first);
        } catch (IOException e) {
            throw failed(segment, "reading offset " + offset + " from", e);
        }
    }

    OptionalLong offsetForTimestamp(LogView view, long timestamp) {
        for (int i = view.segmentIndexFor(view.logStartOffset()); i < view.segmentCount(); i++) {
            SegmentView segment = view.segment(i);
            if (segment.isEmpty() || segment.maxTimestamp() < timestamp) {
                continue;
            }
            SegmentReader.TimeResult result = firstAtOrAfter(segment, timestamp, view.logStartOffset());
            if (result.unavailable() != null) {
                BadRange batch = result.bad();
                throw new LogException.CodecUnavailable(
                        segment.file(),
                        batch.position(),
                        batch.firstOffset(),
                        batch.lastOffset(),
                        result.unavailable());
            }
            if (result.bad() != null) {
                throw corrupt(segment, result.bad());
            }
            if (result.offset().isPresent()) {
                return result.offset();
            }
        }
        return OptionalLong.empty();
    }

    private SegmentReader.TimeResult firstAtOrAfter(SegmentView segment, long timestamp, long leastOffset) {
        try {
            return reader.firstAtOrAfter(segment, timestamp, Math.max(leastOffset, segment.baseOffset()));
        } catch (IOException e) {
            throw failed(segment, "looking for a timestamp in", e);
        }
    }

    private static LogException failed(SegmentView segment, String attempt, IOException e) {
        if (e instanceof NoSuchFileException) {
            return new LogException.Broken(
                    segment.file(),
                    segment.baseOffset(),
                    "this segment is missing, with offsets " + segment.baseOffset() + " to " + segment.lastOffset()
                            + "; restore the file from a copy, or copy what is good with varve repair");
        }
        if (e instanceof ForeignSegmentException || e instanceof UnreadableException) {
            return new LogException.Broken(segment.file(), segment.baseOffset(), e.getMessage());
        }
        return e instanceof FailedReadException failed
                ? new LogException.IoFailed(segment.file(), failed.position(), attempt, e.getCause())
                : new LogException.IoFailed(segment.file(), -1, attempt, e);
    }

    private LogException.CorruptRecord corrupt(SegmentView segment, BadRange bad) {
        damage.add(segment.segmentId(), bad.position(), bad.firstOffset(), bad.lastOffset());
        return new LogException.CorruptRecord(
                segment.file(), bad.position(), bad.firstOffset(), bad.lastOffset(), bad.reason());
    }

    /** Lets go of a segment that is gone. To be called when its files are, or a reader may open them once more. */
    void retire(SegmentView segment) {
        indexes.forget(segment.segmentId());
        damage.forget(segment.segmentId());
        try {
            handles.retire(segment.segmentId());
        } catch (IOException e) {
            LOGGER.warn("{} is deleted, but could not be closed: {}", segment.file(), e.toString());
        }
    }

    @Override
    public void close() throws IOException {
        handles.close();
    }
}
