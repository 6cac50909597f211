package dev.varve.log.keys;

import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.KeyControl;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.MalformedBatchException;
import dev.varve.log.format.RecordBatch;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import dev.varve.log.segment.BadRange;
import dev.varve.log.segment.CompactedFiles;
import dev.varve.log.segment.SegmentScanner;
import dev.varve.log.segment.SegmentView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Finds the keys of a segment by reading all of it. For one use by one thread. */
public final class KeyScan {
    private final SegmentKeys keys = new SegmentKeys();
    private final List<BadRange> bad = new ArrayList<>();
    /** Why the records of a batch could not be looked at, although there may be nothing wrong with them; or null. */
    private CodecUnavailableException unavailable;

    /**
     * What a segment holds.
     *
     * @param keys its keys, as far as it could be read
     * @param bad what could not be read, each with offsets that may hold records of any key
     */
    public record Result(SegmentKeys keys, List<BadRange> bad) {}

    private KeyScan() {}

    /**
     * Scans a segment.
     *
     * @throws dev.varve.log.segment.ForeignSegmentException if another one has taken its place
     * @throws CodecUnavailableException at a batch that this process has no means to decompress: what is known of the keys without
     *     its records would be wrong, and would stay so
     */
    public static Result scan(Disk disk, long logId, int maxFrameBytes, SegmentView segment) throws IOException {
        KeyScan scan = new KeyScan();
        try (LogFile file = CompactedFiles.open(disk, logId, segment.file(), segment.segmentId())) {
            SegmentScanner.Outcome outcome = new SegmentScanner(new FrameCodec(logId), maxFrameBytes)
                    .scan(
                            file,
                            segment.segmentId(),
                            SegmentHeader.BYTES,
                            segment.lengthBytes(),
                            SegmentScanner.Expectation.NONE,
                            scan.new Visitor(segment.baseOffset()));
            if (scan.unavailable != null) {
                throw scan.unavailable;
            }
            if (outcome.end() < segment.lengthBytes()) {
                scan.bad.add(new BadRange(
                        outcome.end(), outcome.next().offset(), segment.lastOffset(), "frames are missing"));
            }
        }
        return new Result(scan.keys, scan.bad);
    }

    /** Takes note of the records of a batch. */
    static void add(SegmentKeys keys, RecordBatch batch, long position)
            throws MalformedBatchException, CodecUnavailableException {
        for (LogRecord record : batch.records()) {
            if (record.key() != null) {
                add(keys, record, batch.header().isControl() ? KeyControl.of(record) : null, position);
            }
        }
    }

    private static void add(SegmentKeys keys, LogRecord record, KeyControl control, long position) {
        Key key = new Key(record.key());
        if (control == null) {
            keys.addRecord(key, position, record.offset(), record.keySequence());
        } else if (control.kind() == KeyControl.Kind.DELETED) {
            keys.addDeletion(key, control.toSequence(), control.highestSequence());
        } else {
            keys.addForgotten(key, record.offset());
        }
    }

    private final class Visitor implements SegmentScanner.Visitor {
        private long expected;

        Visitor(long baseOffset) {
            this.expected = baseOffset;
        }

        @Override
        public boolean frame(FrameHeader header, long position, ByteBuffer buffer, int at) {
            endBad(header.baseOffset() - 1);
            expected = header.nextOffset();
            if (!header.isMark()) {
                byte[] bytes = new byte[header.frameBytes()];
                buffer.get(at, bytes);
                try {
                    add(keys, new RecordBatch(header, bytes, 0), position);
                } catch (MalformedBatchException e) {
                    bad.add(new BadRange(position, header.baseOffset(), header.lastOffset(), e.getMessage()));
                } catch (CodecUnavailableException e) {
                    unavailable = e;
                    return false;
                }
            }
            return true;
        }

        @Override
        public boolean bad(long position, long end, FrameHeader header, String reason) {
            if (header != null) {
                endBad(header.baseOffset() - 1);
                expected = header.nextOffset();
            }
            bad.add(new BadRange(position, expected, header == null ? Long.MAX_VALUE : header.lastOffset(), reason));
            return true;
        }

        /** What is bad before a frame reaches up to it at most. */
        private void endBad(long lastOffset) {
            for (int i = bad.size() - 1; i >= 0 && bad.get(i).lastOffset() == Long.MAX_VALUE; i--) {
                BadRange open = bad.get(i);
                bad.set(i, new BadRange(open.position(), open.firstOffset(), lastOffset, open.reason()));
            }
        }
    }
}
