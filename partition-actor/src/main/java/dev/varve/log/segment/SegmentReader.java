package dev.varve.log.segment;

import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.MalformedBatchException;
import dev.varve.log.format.RecordBatch;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Predicate;

/** Reads from one segment: batches from an offset on, and the first offset at or after a time. Any thread. */
public final class SegmentReader {
    private final ReadHandles handles;
    private final IndexStore indexes;
    private final long logId;
    private final int maxFrameBytes;

    public SegmentReader(ReadHandles handles, IndexStore indexes, long logId, int maxFrameBytes) {
        this.handles = handles;
        this.indexes = indexes;
        this.logId = logId;
        this.maxFrameBytes = maxFrameBytes;
    }

    /** Reads frames of a segment at positions that are known already. To be closed. */
    public FrameFinder frames(SegmentView segment) throws IOException {
        return new FrameFinder(handles.acquire(segment), segment, logId, maxFrameBytes);
    }

    /** A position in a segment before which no frame ends behind an offset: a hint that was checked, or the beginning. */
    public long positionFor(SegmentView segment, long offset) throws IOException {
        try (ReadHandles.Handle handle = handles.acquire(segment)) {
            return start(segment, handle.file(), index -> forOffset(index, offset), 0)
                    .cursor()
                    .position();
        }
    }

    /** A batch and where it lies. */
    public record Found(long position, RecordBatch batch) {}

    /**
     * What reading a segment gave.
     *
     * @param batches in order
     * @param bytes how much of the budget they take
     * @param nextOffset behind the last batch, and behind whatever else was passed over
     * @param bad what stopped it, or null if it was the budget or the end of the segment
     */
    public record Result(List<Found> batches, long bytes, long nextOffset, BadRange bad) {}

    /**
     * Reads batches from the one that holds an offset, or the first behind it, on.
     *
     * @param budget stops before the batch that would go beyond so many bytes, but not before the first; a compressed batch
     *     counts as large as it will become, for that is what its reader has to hold
     * @param first whether a batch is to be given even if it is larger than the budget
     */
    public Result read(SegmentView segment, long offset, long budget, boolean first) throws IOException {
        try (ReadHandles.Handle handle = handles.acquire(segment)) {
            Place start = start(segment, handle.file(), index -> forOffset(index, offset), budget);
            return read(segment, handle.file(), start, offset, budget, first);
        }
    }

    private Result read(SegmentView segment, LogFile file, Place start, long offset, long budget, boolean first)
            throws IOException {
        FrameCursor cursor = start.cursor();
        List<Found> batches = new ArrayList<>();
        long bytes = 0;
        long expected = start.expected();
        try {
            while (!cursor.atEnd()) {
                FrameHeader header = cursor.peek(budget - bytes);
                if (header != null && (header.nextOffset() <= offset || header.isControl() || header.isMark())) {
                    expected = header.nextOffset();
                    cursor.moveTo(cursor.position() + header.frameBytes());
                    continue;
                }
                if (header != null && bytes + header.inflatedBytes() > budget && !(first && batches.isEmpty())) {
                    return new Result(batches, bytes, Math.max(offset, expected), null);
                }
                RecordBatch batch = header == null ? null : cursor.batch(header, budget - bytes);
                if (batch != null && batches.isEmpty() && endsBelow(batch, offset)) {
                    expected = header.nextOffset();
                    cursor.moveTo(cursor.position() + header.frameBytes());
                    continue;
                }
                if (batch != null) {
                    batches.add(new Found(cursor.position(), batch));
                    bytes += header.inflatedBytes();
                    expected = header.nextOffset();
                    cursor.moveTo(cursor.position() + header.frameBytes());
                    continue;
                }
                BadStretch bad = measure(segment, file, cursor, header, expected);
                if (bad.hides(offset)) {
                    return new Result(batches, bytes, Math.max(offset, expected), bad.range());
                }
                // Only offsets that were not asked for, or none at all, are lost with these bytes.
                expected = bad.range().lastOffset() + 1;
                cursor.moveTo(bad.end());
            }
        } catch (IOException e) {
            if (batches.isEmpty()) {
                throw e;
            }
            // What was read is good; whoever asks for the next offset is told.
            return new Result(batches, bytes, expected, null);
        }
        return new Result(batches, bytes, Math.max(offset, expected), missingAtEnd(segment, expected));
    }

    /** Whether a batch from which compaction took records has none left at an offset or behind it. */
    private static boolean endsBelow(RecordBatch batch, long offset) {
        if (!batch.header().isThinned()) {
            return false;
        }
        try {
            List<LogRecord> records = batch.records();
            return records.get(records.size() - 1).offset() < offset;
        } catch (MalformedBatchException | CodecUnavailableException e) {
            // Whoever asks for the records is told.
            return false;
        }
    }

    /**
     * The first record at or after a time.
     *
     * @param offset empty if there is none
     * @param bad what may hide it, or null
     * @param unavailable why what hides it cannot be decompressed here; null if nothing does, or damage
     */
    public record TimeResult(OptionalLong offset, BadRange bad, CodecUnavailableException unavailable) {
        private static TimeResult of(OptionalLong offset) {
            return new TimeResult(offset, null, null);
        }

        private static TimeResult hiddenBy(BadRange bad) {
            return new TimeResult(OptionalLong.empty(), bad, null);
        }
    }

    /** The first offset at or above a least one whose record has a timestamp at or after a time. */
    public TimeResult firstAtOrAfter(SegmentView segment, long timestamp, long leastOffset) throws IOException {
        try (ReadHandles.Handle handle = handles.acquire(segment)) {
            Place start = start(segment, handle.file(), index -> forTime(index, timestamp, leastOffset), 0);
            return firstAtOrAfter(segment, handle.file(), start, timestamp, leastOffset);
        }
    }

    private TimeResult firstAtOrAfter(SegmentView segment, LogFile file, Place start, long timestamp, long leastOffset)
            throws IOException {
        FrameCursor cursor = start.cursor();
        long expected = start.expected();
        while (!cursor.atEnd()) {
            FrameHeader header = cursor.peek(0);
            boolean candidate = header != null
                    && !header.isControl()
                    && !header.isMark()
                    && header.maxTimestamp() >= timestamp
                    && header.lastOffset() >= leastOffset;
            RecordBatch batch = candidate ? cursor.batch(header, 0) : null;
            if (header == null || (candidate && batch == null)) {
                BadStretch bad = measure(segment, file, cursor, header, expected);
                if (bad.hides(leastOffset)) {
                    return TimeResult.hiddenBy(bad.range());
                }
                expected = bad.range().lastOffset() + 1;
                cursor.moveTo(bad.end());
                continue;
            }
            if (candidate) {
                try {
                    OptionalLong found = firstIn(batch, timestamp, leastOffset);
                    if (found.isPresent()) {
                        return TimeResult.of(found);
                    }
                } catch (MalformedBatchException e) {
                    return TimeResult.hiddenBy(range(cursor, header, e));
                } catch (CodecUnavailableException e) {
                    return new TimeResult(OptionalLong.empty(), range(cursor, header, e), e);
                }
            }
            expected = header.nextOffset();
            cursor.moveTo(cursor.position() + header.frameBytes());
        }
        return TimeResult.hiddenBy(missingAtEnd(segment, expected));
    }

    private static BadRange range(FrameCursor cursor, FrameHeader header, Exception reason) {
        return new BadRange(cursor.position(), header.baseOffset(), header.lastOffset(), reason.getMessage());
    }

    private static OptionalLong firstIn(RecordBatch batch, long timestamp, long leastOffset)
            throws MalformedBatchException, CodecUnavailableException {
        for (LogRecord record : batch.records()) {
            if (record.timestamp() >= timestamp && record.offset() >= leastOffset) {
                return OptionalLong.of(record.offset());
            }
        }
        return OptionalLong.empty();
    }

    /**
     * Where a look into a segment begins.
     *
     * @param expected the least offset that may be found there
     */
    private record Place(FrameCursor cursor, long expected) {}

    /**
     * What an index says of where to begin.
     *
     * @param offset the base offset of the frame at the position, or less if that is not known
     * @param proof what the frame there must say if the index tells the truth
     */
    private record Hint(long position, long offset, Predicate<FrameHeader> proof) {}

    private static Hint forOffset(SegmentIndex index, long offset) {
        OffsetIndex.Entry entry = index.offsets().floor(offset);
        return new Hint(entry.position(), entry.offset(), header -> header.baseOffset() == entry.offset());
    }

    private static Hint forTime(SegmentIndex index, long timestamp, long leastOffset) {
        Hint byOffset = forOffset(index, leastOffset);
        TimeIndex.Entry byTime = index.times().floor(timestamp);
        if (byTime.position() <= byOffset.position()) {
            return byOffset;
        }
        long offset = index.offsets().atOrBelow(byTime.position()).offset();
        return new Hint(
                byTime.position(), offset, header -> header.maxTimestampBefore() == byTime.maxTimestampBefore());
    }

    /** Where to begin by the index of a segment, or by one that is built anew if that one does not tell the truth. */
    private Place start(SegmentView segment, LogFile file, Function<SegmentIndex, Hint> look, long wantedBytes)
            throws IOException {
        SegmentIndex index = indexes.get(segment, file);
        // Asked first: entries that are corrected meanwhile are then checked needlessly, never the other way round.
        boolean isHearsay = index.isHearsay();
        Hint hint = look.apply(index);
        FrameCursor cursor = cursorAt(segment, file, hint.position());
        if (!isHearsay || hint.position() == SegmentHeader.BYTES) {
            return new Place(cursor, hint.offset());
        }
        FrameHeader header = cursor.peek(wantedBytes);
        if (header != null && hint.proof().test(header)) {
            return new Place(cursor, header.baseOffset());
        }
        hint = look.apply(indexes.rebuild(segment, file));
        return new Place(cursorAt(segment, file, hint.position()), hint.offset());
    }

    private FrameCursor cursorAt(SegmentView segment, LogFile file, long position) {
        return new FrameCursor(segment, file, new FrameCodec(logId), maxFrameBytes, position);
    }

    private record BadStretch(BadRange range, long end) {
        /** Whether an offset that was asked for may be lost with these bytes, and not only offsets before it or none. */
        boolean hides(long offset) {
            return range.lastOffset() >= Math.max(offset, range.firstOffset());
        }
    }

    /** Offsets that the segment should hold, although no bytes of it are left; null if there are none. */
    private static BadRange missingAtEnd(SegmentView segment, long expected) {
        return expected > segment.lastOffset()
                ? null
                : new BadRange(
                        segment.lengthBytes(), expected, segment.lastOffset(), "the frames of the segment end here");
    }

    /** How far the bad bytes at the cursor reach, and which offsets may be lost with them. */
    private BadStretch measure(SegmentView segment, LogFile file, FrameCursor cursor, FrameHeader header, long expected)
            throws IOException {
        long position = cursor.position();
        String reason = cursor.problem();
        if (header != null) {
            return new BadStretch(
                    new BadRange(position, header.baseOffset(), header.lastOffset(), reason),
                    position + header.frameBytes());
        }
        long[] next = {segment.lengthBytes(), segment.lastOffset() + 1};
        new SegmentScanner(new FrameCodec(logId), maxFrameBytes)
                .scan(
                        file,
                        segment.segmentId(),
                        position,
                        segment.lengthBytes(),
                        SegmentScanner.Expectation.NONE,
                        new SegmentScanner.Visitor() {
                            @Override
                            public boolean frame(FrameHeader found, long at, ByteBuffer buffer, int index) {
                                return goesOnBehind(found, at);
                            }

                            @Override
                            public boolean bad(long at, long end, FrameHeader found, String why) {
                                return found == null || goesOnBehind(found, at);
                            }

                            /** A frame that begins right here is the bad one itself: it reaches beyond the segment. */
                            private boolean goesOnBehind(FrameHeader found, long at) {
                                if (at > position) {
                                    next[0] = at;
                                    next[1] = found.baseOffset();
                                }
                                return at == position;
                            }
                        });
        return new BadStretch(new BadRange(position, expected, next[1] - 1, reason), next[0]);
    }
}
