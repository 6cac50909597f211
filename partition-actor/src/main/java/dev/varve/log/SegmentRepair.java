package dev.varve.log;

import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.MalformedBatchException;
import dev.varve.log.format.RecordBatch;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import dev.varve.log.segment.SegmentScanner;
import dev.varve.log.segment.SegmentScanner.Expectation;
import dev.varve.log.segment.UnreadableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** Copies what is good of one segment, and tells what is not. For one use by one thread. */
final class SegmentRepair implements SegmentScanner.Visitor {
    private final RepairSources.Source source;
    private final String name;
    private final boolean isSealed;
    private final boolean isLast;
    private final long behind;
    private final RepairedLog target;
    private final RepairedProducers.OfSegment producers;
    private final Consumer<Damage> leftOut;
    private final Consumer<String> notes;
    private final LongConsumer progress;

    private Expectation expected;
    private long durableMark = SegmentHeader.BYTES;
    private long walkedTo = SegmentHeader.BYTES;
    private long nextOffset;
    private long epoch;
    private long sequence;
    private long frames;
    private long records;
    private int greatestFrame;
    /** Where the last stretch begins of which no frame behind it has told yet where it ends in offsets, and why it is bad. */
    private long openPosition = -1;

    private String openReason = "";
    private String undecodable = "";
    private long unreadableBlocks;
    private String firstUnreadable = "";

    /**
     * @param isSealed whether the manifest says where it ends
     * @param isLast whether it is not sealed, nor shown to be by one behind it
     * @param expected what must hold of the first frame
     * @param behind the base offset of the next segment, or of the last one the least next offset of the log
     * @param producers told of each frame whose fixed fields are right
     */
    SegmentRepair(
            RepairSources.Source source,
            boolean isSealed,
            boolean isLast,
            Expectation expected,
            long behind,
            RepairedLog target,
            RepairedProducers.OfSegment producers,
            Consumer<Damage> leftOut,
            Consumer<String> notes,
            LongConsumer progress) {
        this.source = source;
        this.name = source.file().getFileName().toString();
        this.isSealed = isSealed;
        this.isLast = isLast;
        this.expected = expected;
        this.behind = behind;
        this.target = target;
        this.producers = producers;
        this.leftOut = leftOut;
        this.notes = notes;
        this.progress = progress;
        this.nextOffset = source.baseOffset();
        this.epoch = expected.epoch();
        this.sequence = expected.sequence();
    }

    void run(FrameCodec codec, Disk disk) throws IOException {
        try (LogFile file = new SalvagingFile(disk.open(source.file(), Disk.OpenMode.READ), this::tellUnreadable)) {
            long size = file.size();
            long named = source.entry() == null ? 0 : source.entry().lengthBytes();
            // What lies behind the end of a sealed segment is no part of it.
            long to = isSealed ? Math.min(size, named) : size;
            durableMark = Math.max(durableMark, isLast ? named : to);
            if (to > SegmentHeader.BYTES) {
                new SegmentScanner(codec, LogOptions.MAX_MAX_BATCH_BYTES)
                        .scan(file, source.segmentId(), SegmentHeader.BYTES, to, expected, this);
            }
            tellEnd(size, named);
        } catch (UnreadableException e) {
            closeOpen(expected.offset());
            long last = source.entry() == null ? behind - 1 : source.entry().lastOffset();
            find(e.position(), expected.offset(), last, Damage.Kind.UNREADABLE, e.getMessage());
        } catch (NoSuchFileException e) {
            long last = source.entry() == null ? behind - 1 : source.entry().lastOffset();
            find(0, source.baseOffset(), last, Damage.Kind.MISSING_SEGMENT, "the file went while it was copied");
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        if (!undecodable.isEmpty()) {
            notes.accept(undecodable);
        }
        if (unreadableBlocks > 0) {
            notes.accept(name + ": the operating system could not read " + unreadableBlocks + " times a block of "
                    + SalvagingFile.BLOCK_BYTES + " bytes, first " + firstUnreadable);
        }
    }

    private void tellUnreadable(long position, IOException cause) {
        if (unreadableBlocks++ == 0) {
            firstUnreadable = "at position " + position + " (" + cause + ")";
        }
    }

    @Override
    public boolean frame(FrameHeader header, long position, ByteBuffer buffer, int at) {
        closeOpen(header.baseOffset());
        know(header, position);
        producers.frame(header, position);
        String problem = problem(header, position, buffer, at);
        if (problem != null) {
            find(position, header.baseOffset(), header.lastOffset(), Damage.Kind.RECORDS, problem);
            return true;
        }
        try {
            target.append(header, position, buffer, at);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        expected = new Expectation(header.nextOffset(), header.epoch(), header.sequence());
        durableMark = Math.max(durableMark, header.durableMark());
        greatestFrame = Math.max(greatestFrame, Math.max(header.frameBytes(), header.uncompressedBytes()));
        frames++;
        records += header.recordCount();
        return true;
    }

    /** Why the records of a frame are not what its fixed fields promise; null if they are, or nobody here can tell. */
    private String problem(FrameHeader header, long position, ByteBuffer buffer, int at) {
        if (header.isMark()) {
            return null;
        }
        byte[] bytes = new byte[header.frameBytes()];
        buffer.get(at, bytes);
        try {
            new RecordBatch(header, bytes, 0).records();
            return null;
        } catch (MalformedBatchException e) {
            return e.getMessage();
        } catch (CodecUnavailableException e) {
            if (undecodable.isEmpty()) {
                undecodable = name + ": from position " + position
                        + " on there are frames that are whole, and were copied, but whose records were not looked at: "
                        + e.getMessage();
            }
            return null;
        }
    }

    @Override
    public boolean bad(long position, long end, FrameHeader header, String reason) {
        boolean fits = header != null && header.baseOffset() >= expected.offset();
        if (fits) {
            know(header, position);
            if (!isUnfinished(position)) {
                // It was acknowledged, and what its producer sends next follows it. Of an unfinished commit nobody was
                // told.
                producers.frame(header, position);
            }
            closeOpen(header.baseOffset());
            find(position, header.baseOffset(), header.lastOffset(), Damage.Kind.FRAME, tail(position, reason));
        } else if (header != null) {
            // A frame of the past, or of another place: what should be here is not known.
            find(position, -1, -1, Damage.Kind.FRAME, tail(position, reason));
        } else if (openPosition < 0) {
            openPosition = position;
            openReason = tail(position, reason);
        }
        progress.accept(end - walkedTo);
        walkedTo = end;
        return true;
    }

    private String tail(long position, String reason) {
        return isUnfinished(position)
                ? reason + "; nothing shows that this was ever durable: it may be an unfinished commit"
                : reason;
    }

    private boolean isUnfinished(long position) {
        return isLast && position >= durableMark;
    }

    private void know(FrameHeader header, long position) {
        nextOffset = Math.max(nextOffset, header.nextOffset());
        epoch = Math.max(epoch, header.epoch());
        sequence = Math.max(sequence, header.sequence());
        long end = position + header.frameBytes();
        progress.accept(Math.max(0, end - walkedTo));
        walkedTo = Math.max(walkedTo, end);
    }

    private void closeOpen(long nextBaseOffset) {
        if (openPosition >= 0) {
            String from = nextBaseOffset > expected.offset()
                    ? ""
                    : "; what it held came behind offset " + (expected.offset() - 1);
            find(openPosition, expected.offset(), nextBaseOffset - 1, Damage.Kind.FRAME, openReason + from);
            openPosition = -1;
        }
    }

    private void tellEnd(long size, long named) {
        long last = source.entry() == null ? behind : Math.max(source.entry().lastOffset() + 1, isLast ? behind : 0);
        if (openPosition >= 0) {
            closeOpen(last);
        } else if (walkedTo < named) {
            boolean isShort = size < named;
            find(
                    walkedTo,
                    expected.offset(),
                    last - 1,
                    isShort ? Damage.Kind.SEGMENT_LENGTH : Damage.Kind.FRAME,
                    isShort
                            ? "the file has " + size + " bytes, the segment " + named
                            : "zeros up to position " + named + ", where frames should be");
        }
        if (isSealed && size > named) {
            notes.accept(name + ": the file has " + size + " bytes, the segment " + named
                    + "; what lies behind is no part of it and was not copied");
        }
    }

    private void find(long position, long first, long last, Damage.Kind kind, String detail) {
        leftOut.accept(new Damage(name, position, first, last, kind, detail));
    }

    /** What must hold of the next frame of the log. */
    Expectation expected() {
        return expected;
    }

    /** The offset behind the greatest one met, in frames that were left out too. */
    long nextOffset() {
        return nextOffset;
    }

    long epoch() {
        return epoch;
    }

    long sequence() {
        return sequence;
    }

    long frames() {
        return frames;
    }

    long records() {
        return records;
    }

    int greatestFrame() {
        return greatestFrame;
    }
}
