package dev.varve.log;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.Manifest;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.LogFile;
import dev.varve.log.segment.SegmentIndex;
import dev.varve.log.segment.SegmentScanner;
import dev.varve.log.segment.SegmentScanner.Expectation;
import dev.varve.log.segment.SegmentView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the active segment of a log holds when nobody says so: every frame is read and checked, the durable mark is found,
 * and with it what is damage and what a torn commit. Reads only; used by recovery and by observers alike.
 */
final class TailScan {
    /** How often, at most, a segment is scanned until two scans agree on what is damaged. */
    private static final int MAX_LOOKS = 5;

    static final FrameListener IGNORE = (header, position, buffer, at) -> {};

    /**
     * Bad bytes below the durable mark.
     *
     * @param position where they begin
     * @param firstOffset the least offset that may be lost with them
     * @param lastOffset the greatest offset that may be lost with them; below the first if none is
     */
    record Damaged(long position, long firstOffset, long lastOffset, String reason) {}

    /**
     * The last frame of a segment, so that it can be told from what somebody else may write in its place.
     *
     * @param position where it begins
     * @param firstWord its checksum and its length
     */
    record LastFrame(long position, long firstWord) {
        static LastFrame of(long position, ByteBuffer buffer, int at) {
            return new LastFrame(position, buffer.getLong(at));
        }

        boolean isStillIn(LogFile file) throws IOException {
            ByteBuffer word = ByteBuffer.allocate(Long.BYTES);
            return file.read(word, position) == Long.BYTES && word.getLong(0) == firstWord;
        }
    }

    /**
     * What was found.
     *
     * @param decision what is to be done about it
     * @param view the segment up to where it counts, which is beyond the end of a file that ends below the mark; with its
     *     index
     * @param durableMark the greatest valid durable mark, a position
     * @param durableOffset the offset behind the last one known to be durable
     * @param next what must hold of the next frame
     * @param foundEnd the offset behind the last frame that was found
     * @param last the last frame, or null if there is none
     * @param damaged bad bytes below the mark; where the file ends below it, the last of them are those that are missing
     * @param tornEnd where the torn commit behind the counting part ends; the end of the counting part if there is none
     * @param tornReason what is wrong with the first of its bytes; empty if there is none
     * @param bytesScanned how much was read
     */
    record Result(
            RecoveryDecision decision,
            SegmentView view,
            long durableMark,
            long durableOffset,
            Expectation next,
            long foundEnd,
            LastFrame last,
            List<Damaged> damaged,
            long tornEnd,
            String tornReason,
            long bytesScanned) {}

    private record Bad(long position, long end, FrameHeader header, String reason, long expectedOffset) {}

    private final FrameCodec codec;
    private final int maxFrameBytes;
    private final Manifest.Segment entry;
    private final Path path;
    private final Expectation before;
    private final List<Bad> bad = new ArrayList<>();
    /** For each bad stretch the base offset of the frame behind it, as far as one was met. */
    private final List<Long> nextBaseOffsets = new ArrayList<>();

    private SegmentIndex index;
    private long lastOffset;
    private long records;
    private long minTimestamp;
    private long maxTimestamp;
    private long durableMark;
    private long durableOffset;
    private Expectation expected;
    private LastFrame last;
    private FrameListener listener;

    private TailScan(FrameCodec codec, int maxFrameBytes, Manifest.Segment entry, Path path, Expectation before) {
        this.codec = codec;
        this.maxFrameBytes = maxFrameBytes;
        this.entry = entry;
        this.path = path;
        this.before = before;
    }

    /**
     * Scans a segment.
     *
     * @param entry what the manifest says of it: so much at least is durable
     * @param before what must hold of its first frame
     */
    static Result scan(
            LogFile file, Path path, FrameCodec codec, int maxFrameBytes, Manifest.Segment entry, Expectation before)
            throws IOException {
        return scan(file, path, codec, maxFrameBytes, entry, before, file.size(), IGNORE);
    }

    /**
     * Scans a segment beside an owner that may be at work on it. What looks like damage is looked at again: bytes that were
     * read before a commit was written whole, and a mark that was read behind them afterwards, are none.
     *
     * @param listener told of every frame that the first look meets
     */
    static Result scanBesideOwner(
            LogFile file,
            Path path,
            FrameCodec codec,
            int maxFrameBytes,
            Manifest.Segment entry,
            Expectation before,
            FrameListener listener)
            throws IOException {
        Result result = scan(file, path, codec, maxFrameBytes, entry, before, file.size(), listener);
        for (int looks = 1; looks < MAX_LOOKS && !result.damaged().isEmpty(); looks++) {
            Result again = scan(file, path, codec, maxFrameBytes, entry, before);
            if (positions(again).equals(positions(result))) {
                return again;
            }
            result = again;
        }
        return result;
    }

    private static List<Long> positions(Result result) {
        return result.damaged().stream().map(Damaged::position).toList();
    }

    /**
     * Scans a segment up to a position.
     *
     * @param listener told of every frame whose checksums are right, those behind a torn commit included
     */
    static Result scan(
            LogFile file,
            Path path,
            FrameCodec codec,
            int maxFrameBytes,
            Manifest.Segment entry,
            Expectation before,
            long to,
            FrameListener listener)
            throws IOException {
        TailScan scan = new TailScan(codec, maxFrameBytes, entry, path, before);
        scan.listener = listener;
        return scan.run(file, to);
    }

    /** Told of frames as they are met, while they lie in a buffer. */
    interface FrameListener {
        void frame(FrameHeader header, long position, ByteBuffer buffer, int at);
    }

    private Result run(LogFile file, long size) throws IOException {
        durableMark = entry.lengthBytes();
        SegmentScanner.Outcome outcome = pass(file, size);
        Bad torn = bad.stream()
                .filter(stretch -> stretch.position() >= durableMark)
                .findFirst()
                .orElse(null);
        long writtenEnd = outcome.end();
        if (torn != null) {
            // What lies behind the first torn byte does not count, whole frames included: once more, up to there.
            long mark = durableMark;
            listener = IGNORE;
            outcome = pass(file, torn.position());
            durableMark = mark;
        }
        // Frames end here; what is missing below the mark, be it zeros, is lost, and bad like any other bytes.
        long end = torn == null ? outcome.end() : torn.position();
        boolean endsBelowMark = size < durableMark;
        if (end < durableMark) {
            addMissing(
                    end,
                    endsBelowMark
                            ? "the file ends at " + size + ", before what was durable up to " + durableMark
                            : "zeros where frames should be");
            end = durableMark;
        }
        long greatestKnown = Math.max(expected.offset(), entry.lastOffset() + 1);
        for (Bad stretch : bad) {
            if (stretch.header() != null) {
                greatestKnown = Math.max(greatestKnown, stretch.header().nextOffset());
            }
        }
        List<Damaged> damaged = damaged(greatestKnown);
        boolean complete = damaged.isEmpty();
        SegmentView view = new SegmentView(
                entry.segmentId(),
                entry.baseOffset(),
                path,
                end,
                complete ? lastOffset : greatestKnown - 1,
                records,
                complete ? minTimestamp : Math.min(minTimestamp, entry.minTimestamp()),
                complete ? maxTimestamp : Math.max(maxTimestamp, entry.maxTimestamp()),
                entry.createdMillis(),
                false,
                index);
        return new Result(
                RecoveryDecision.of(endsBelowMark, !damaged.isEmpty(), torn != null),
                view,
                durableMark,
                durableMark >= end ? greatestKnown : durableOffset,
                new Expectation(greatestKnown, expected.epoch(), expected.sequence()),
                expected.offset(),
                last,
                damaged,
                torn == null ? end : writtenEnd,
                torn == null ? "" : torn.reason(),
                size - SegmentHeader.BYTES);
    }

    /** Adds what is missing between the last frame or bad byte and the mark; one with the bad bytes that it lies behind. */
    private void addMissing(long from, String reason) {
        int last = bad.size() - 1;
        boolean continues = last >= 0 && bad.get(last).end() == from;
        if (continues) {
            nextBaseOffsets.remove(last);
        }
        bad.add(new Bad(continues ? bad.remove(last).position() : from, durableMark, null, reason, expected.offset()));
        nextBaseOffsets.add(null);
    }

    private List<Damaged> damaged(long greatestKnown) {
        List<Damaged> damaged = new ArrayList<>();
        for (int i = 0; i < bad.size(); i++) {
            Bad stretch = bad.get(i);
            long behind = nextBaseOffsets.get(i) == null ? greatestKnown : nextBaseOffsets.get(i);
            boolean known = stretch.header() != null && stretch.header().baseOffset() >= stretch.expectedOffset();
            damaged.add(new Damaged(
                    stretch.position(),
                    known ? stretch.header().baseOffset() : stretch.expectedOffset(),
                    known ? stretch.header().lastOffset() : behind - 1,
                    stretch.reason()));
        }
        return damaged;
    }

    private SegmentScanner.Outcome pass(LogFile file, long to) throws IOException {
        bad.clear();
        nextBaseOffsets.clear();
        index = new SegmentIndex(entry.baseOffset());
        lastOffset = entry.baseOffset() - 1;
        records = 0;
        minTimestamp = Long.MAX_VALUE;
        maxTimestamp = Long.MIN_VALUE;
        expected = before;
        last = null;
        durableOffset = entry.lastOffset() + 1;
        if (to <= SegmentHeader.BYTES) {
            return new SegmentScanner.Outcome(Math.min(to, SegmentHeader.BYTES), expected);
        }
        return new SegmentScanner(codec, maxFrameBytes)
                .scan(file, entry.segmentId(), SegmentHeader.BYTES, to, before, new Counting());
    }

    private final class Counting implements SegmentScanner.Visitor {
        @Override
        public boolean frame(FrameHeader header, long position, ByteBuffer buffer, int at) {
            tellBad(header.baseOffset());
            listener.frame(header, position, buffer, at);
            index.add(header, position);
            durableMark = Math.max(durableMark, header.durableMark());
            if (header.durableMark() == position) {
                // The first frame behind a sync says that all before it is durable.
                durableOffset = expected.offset();
            }
            expected = new Expectation(header.nextOffset(), header.epoch(), header.sequence());
            // Tells of damaged records before it too, so that a search by time does not pass them by.
            maxTimestamp = Math.max(maxTimestamp, header.maxTimestampBefore());
            last = LastFrame.of(position, buffer, at);
            if (!header.isMark()) {
                lastOffset = header.lastOffset();
                records += header.recordCount();
            }
            countTimes(header);
            return true;
        }

        @Override
        public boolean bad(long position, long end, FrameHeader header, String reason) {
            if (header != null) {
                tellBad(header.baseOffset());
                countTimes(header);
            }
            bad.add(new Bad(position, end, header, reason, expected.offset()));
            nextBaseOffsets.add(null);
            return true;
        }

        private void countTimes(FrameHeader header) {
            if (!header.isMark()) {
                minTimestamp = Math.min(minTimestamp, header.minTimestamp());
                maxTimestamp = Math.max(maxTimestamp, header.maxTimestamp());
            }
        }

        /** Tells the bad stretches before a frame where it begins. */
        private void tellBad(long baseOffset) {
            for (int i = nextBaseOffsets.size() - 1; i >= 0 && nextBaseOffsets.get(i) == null; i--) {
                nextBaseOffsets.set(i, baseOffset);
            }
        }
    }
}
