package dev.varve.log.segment;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.MalformedBatchException;
import dev.varve.log.format.RecordBatch;
import dev.varve.log.io.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

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

    /** A batch and where it lies. */
    public record Found(long position, RecordBatch batch) {}

    /**
     * What reading a segment gave.
     *
     * @param batches in order
     * @param bytes how much of the file they take
     * @param nextOffset behind the last batch, and behind whatever else was passed over
     * @param bad what stopped it, or null if it was the budget or the end of the segment
     */
    public record Result(List<Found> batches, long bytes, long nextOffset, BadRange bad) {}

    /**
     * Reads batches from the one that holds an offset, or the first behind it, on.
     *
     * @param budget stops before the batch that would go beyond so many bytes, but not before the first
     * @param first whether a batch is to be given even if it is larger than the budget
     */
    public Result read(SegmentView segment, long offset, long budget, boolean first) throws IOException {
        try (ReadHandles.Handle handle = handles.acquire(segment)) {
            SegmentIndex index = indexes.get(segment, handle.file());
            Result result = read(segment, handle.file(), index, offset, budget, first);
            if (result == null) {
                index = indexes.rebuild(segment, handle.file());
                result = read(segment, handle.file(), index, offset, budget, first);
            }
            if (result == null) {
                throw new IOException("the index of " + segment.file() + " was made anew and still points astray");
            }
            return result;
        }
    }

    /** As above; null if the index does not point to what it says. */
    private Result read(SegmentView segment, LogFile file, SegmentIndex index, long offset, long budget, boolean first)
            throws IOException {
        OffsetIndex.Entry entry = index.offsets().floor(offset);
        FrameCursor cursor = new FrameCursor(segment, file, new FrameCodec(logId), maxFrameBytes, entry.position());
        List<Found> batches = new ArrayList<>();
        long bytes = 0;
        long expected = entry.offset();
        boolean indexChecked = expected == segment.baseOffset();
        while (!cursor.atEnd()) {
            FrameHeader header = cursor.peek(budget - bytes);
            if (header != null && !indexChecked && header.baseOffset() != expected) {
                return null;
            }
            indexChecked = true;
            if (header != null && (header.nextOffset() <= offset || header.isControl() || header.isMark())) {
                expected = header.nextOffset();
                cursor.moveTo(cursor.position() + header.frameBytes());
                continue;
            }
            if (header != null && bytes + header.frameBytes() > budget && !(first && batches.isEmpty())) {
                break;
            }
            RecordBatch batch = header == null ? null : cursor.batch(header, budget - bytes);
            if (batch != null) {
                batches.add(new Found(cursor.position(), batch));
                bytes += header.frameBytes();
                expected = header.nextOffset();
                cursor.moveTo(cursor.position() + header.frameBytes());
                continue;
            }
            BadStretch bad = measure(segment, file, cursor, header, expected);
            if (bad.range().lastOffset() >= Math.max(offset, bad.range().firstOffset())) {
                return new Result(batches, bytes, Math.max(offset, expected), bad.range());
            }
            // Only offsets that were not asked for, or none at all, are lost with these bytes.
            expected = bad.range().lastOffset() + 1;
            cursor.moveTo(bad.end());
        }
        BadRange missing = cursor.atEnd() ? missing(segment, expected) : null;
        return new Result(batches, bytes, Math.max(offset, expected), missing);
    }

    /** What the segment should hold behind its last frame; null if that is nothing, as it should be. */
    private static BadRange missing(SegmentView segment, long expected) {
        return expected > segment.lastOffset()
                ? null
                : new BadRange(
                        segment.lengthBytes(),
                        expected,
                        segment.lastOffset(),
                        "the segment ends before the offsets that it should hold");
    }

    /**
     * The first record at or after a time.
     *
     * @param offset empty if there is none
     * @param bad damage that may hide it, or null
     */
    public record TimeResult(OptionalLong offset, BadRange bad) {}

    /** The first offset at or above a least one whose record has a timestamp at or after a time. */
    public TimeResult firstAtOrAfter(SegmentView segment, long timestamp, long leastOffset) throws IOException {
        try (ReadHandles.Handle handle = handles.acquire(segment)) {
            SegmentIndex index = indexes.get(segment, handle.file());
            OffsetIndex.Entry least = index.offsets().floor(leastOffset);
            // Where the time index has an entry the offset index has one, too.
            OffsetIndex.Entry byTime =
                    index.offsets().floorPosition(index.times().floor(timestamp));
            OffsetIndex.Entry start = byTime.position() > least.position() ? byTime : least;
            long expected = start.offset();
            FrameCursor cursor =
                    new FrameCursor(segment, handle.file(), new FrameCodec(logId), maxFrameBytes, start.position());
            while (!cursor.atEnd()) {
                FrameHeader header = cursor.peek(0);
                boolean candidate = header != null
                        && !header.isControl()
                        && !header.isMark()
                        && header.maxTimestamp() >= timestamp
                        && header.lastOffset() >= leastOffset;
                if (header != null && !candidate) {
                    expected = header.nextOffset();
                    cursor.moveTo(cursor.position() + header.frameBytes());
                    continue;
                }
                RecordBatch batch = header == null ? null : cursor.batch(header, 0);
                if (batch == null) {
                    BadStretch bad = measure(segment, handle.file(), cursor, header, expected);
                    if (bad.range().lastOffset()
                            >= Math.max(leastOffset, bad.range().firstOffset())) {
                        return new TimeResult(OptionalLong.empty(), bad.range());
                    }
                    expected = bad.range().lastOffset() + 1;
                    cursor.moveTo(bad.end());
                    continue;
                }
                OptionalLong found = firstIn(batch, timestamp, leastOffset);
                if (found == null) {
                    return new TimeResult(
                            OptionalLong.empty(),
                            new BadRange(
                                    cursor.position(),
                                    header.baseOffset(),
                                    header.lastOffset(),
                                    "the records of the batch are malformed"));
                }
                if (found.isPresent()) {
                    return new TimeResult(found, null);
                }
                expected = header.nextOffset();
                cursor.moveTo(cursor.position() + header.frameBytes());
            }
            return new TimeResult(OptionalLong.empty(), missing(segment, expected));
        }
    }

    /** Null if the records are malformed. */
    private static OptionalLong firstIn(RecordBatch batch, long timestamp, long leastOffset) {
        try {
            for (LogRecord record : batch.records()) {
                if (record.timestamp() >= timestamp && record.offset() >= leastOffset) {
                    return OptionalLong.of(record.offset());
                }
            }
            return OptionalLong.empty();
        } catch (MalformedBatchException e) {
            return null;
        }
    }

    private record BadStretch(BadRange range, long end) {}

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
                                next[0] = at;
                                next[1] = found.baseOffset();
                                return false;
                            }

                            @Override
                            public boolean bad(long at, long end, FrameHeader found, String why) {
                                // Here there is none that fits the segment, so only those behind tell anything.
                                boolean isNext = found != null && at > position;
                                if (isNext) {
                                    next[0] = at;
                                    next[1] = found.baseOffset();
                                }
                                return !isNext;
                            }
                        });
        return new BadStretch(new BadRange(position, expected, next[1] - 1, reason), next[0]);
    }
}
