package dev.varve.log;

import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.MalformedBatchException;
import dev.varve.log.format.RecordBatch;
import dev.varve.log.keys.Key;
import dev.varve.log.keys.KeyPostings;
import dev.varve.log.keys.KeyTable;
import dev.varve.log.keys.SegmentKeys;
import dev.varve.log.segment.BadRange;
import dev.varve.log.segment.FrameFinder;
import dev.varve.log.segment.SegmentReader;
import dev.varve.log.segment.SegmentView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Collects records of one key, segment by segment, up to a budget. For one read by one thread. */
final class KeyReader {
    private final SegmentReader reader;
    private final LogView view;
    private final Key key;
    private final long fromSequence;
    private final long fromOffset;
    private final long maxBytes;
    private final List<LogRecord> records = new ArrayList<>();
    private long bytes;
    private long nextOffset;
    private boolean isComplete = true;

    KeyReader(SegmentReader reader, LogView view, Key key, long fromSequence, long fromOffset, long maxBytes) {
        this.reader = reader;
        this.view = view;
        this.key = key;
        this.fromSequence = fromSequence;
        this.fromOffset = fromOffset;
        this.maxBytes = maxBytes;
    }

    KeyedRead result() {
        return new KeyedRead(records, isComplete ? view.logEndOffset() : nextOffset, isComplete);
    }

    /** Reads what a segment holds of the key; false if there is no room for more. */
    boolean segment(SegmentView segment, KeySourceUse keys) throws IOException {
        if (segment.lastOffset() < fromOffset) {
            return true;
        }
        try {
            return read(segment, keys);
        } catch (WrongTableException | KeyTable.DamagedTableException e) {
            if (!keys.remake()) {
                throw e;
            }
            return read(segment, keys);
        }
    }

    /** A table points to where no frame of the key is, although there is nothing wrong there. */
    private static final class WrongTableException extends IOException {
        private static final long serialVersionUID = 1L;

        WrongTableException(String message) {
            super(message);
        }
    }

    private boolean read(SegmentView segment, KeySourceUse keys) throws IOException {
        return keys.look((source, bad) -> {
            SegmentKeys.Found found = source.get(key);
            for (BadRange range : bad) {
                // It may hold records of this key; those before it are given first.
                if (range.lastOffset() >= Math.max(fromOffset, nextOffset)) {
                    return stopAt(segment, range);
                }
            }
            return found == null || readFrames(segment, found.postings());
        });
    }

    private boolean readFrames(SegmentView segment, KeyPostings postings) throws IOException {
        long firstPosition = fromOffset <= segment.baseOffset() ? 0 : reader.positionFor(segment, fromOffset);
        try (FrameFinder frames = reader.frames(segment)) {
            int count = postings.count();
            for (int i = 0; i < count; i++) {
                long position = postings.position(i);
                if (position >= segment.lengthBytes()) {
                    // Written since this view of the log was taken.
                    break;
                }
                if (position >= firstPosition
                        && postings.sequence(i) >= fromSequence
                        && !readFrame(segment, frames, position)) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean readFrame(SegmentView segment, FrameFinder frames, long position) throws IOException {
        FrameHeader header = frames.peek(position, 0);
        if (header == null) {
            return stopAt(
                    segment,
                    new BadRange(position, Math.max(fromOffset, nextOffset), segment.lastOffset(), frames.problem()));
        }
        if (header.lastOffset() < fromOffset) {
            return true;
        }
        if (!records.isEmpty() && bytes + header.inflatedBytes() > maxBytes) {
            isComplete = false;
            nextOffset = header.baseOffset();
            return false;
        }
        RecordBatch batch = frames.batch(header, 0);
        if (batch == null) {
            return stopAt(segment, new BadRange(position, header.baseOffset(), header.lastOffset(), frames.problem()));
        }
        try {
            collect(segment, batch);
            bytes += header.inflatedBytes();
            nextOffset = header.nextOffset();
            return true;
        } catch (MalformedBatchException e) {
            return stopAt(segment, new BadRange(position, header.baseOffset(), header.lastOffset(), e.getMessage()));
        } catch (CodecUnavailableException e) {
            if (records.isEmpty()) {
                throw new LogException.CodecUnavailable(
                        segment.file(), position, header.baseOffset(), header.lastOffset(), e);
            }
            isComplete = false;
            nextOffset = header.baseOffset();
            return false;
        }
    }

    private void collect(SegmentView segment, RecordBatch batch)
            throws MalformedBatchException, CodecUnavailableException, WrongTableException {
        boolean holdsKey = false;
        for (LogRecord record : batch.records()) {
            if (record.key() != null && Arrays.equals(record.key(), key.bytes())) {
                holdsKey = true;
                if (record.keySequence() >= fromSequence && record.offset() >= fromOffset) {
                    records.add(record);
                }
            }
        }
        if (!holdsKey) {
            throw new WrongTableException("the keys of " + segment.file() + " point to a frame without the key");
        }
    }

    /** Damage: what came before it is given; whoever goes on from there is told. */
    private boolean stopAt(SegmentView segment, BadRange bad) {
        if (records.isEmpty()) {
            throw new LogException.CorruptRecord(
                    segment.file(), bad.position(), bad.firstOffset(), bad.lastOffset(), bad.reason());
        }
        isComplete = false;
        nextOffset = Math.max(nextOffset, bad.firstOffset());
        return false;
    }
}
