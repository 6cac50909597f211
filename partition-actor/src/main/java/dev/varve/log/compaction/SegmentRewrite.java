package dev.varve.log.compaction;

import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.KeyControl;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.MalformedBatchException;
import dev.varve.log.format.ProducerSnapshot;
import dev.varve.log.format.RecordBatch;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import dev.varve.log.keys.SegmentKeyTable;
import dev.varve.log.segment.BadRange;
import dev.varve.log.segment.CompactedFiles;
import dev.varve.log.segment.IndexStore;
import dev.varve.log.segment.ProducerStore;
import dev.varve.log.segment.SegmentFiles;
import dev.varve.log.segment.SegmentScanner;
import dev.varve.log.segment.SegmentView;
import dev.varve.log.segment.SmallFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what is to stay of a sealed segment into a new segment beside it, with its indexes: the same offsets, epochs, sequences,
 * timestamps and producers, frames from which nothing goes byte for byte as they were but for their places. The files wait, durable,
 * under the names that {@link CompactedFiles} gives them; the log is as it was. For one use by one thread.
 */
public final class SegmentRewrite {
    private static final Logger LOGGER = LoggerFactory.getLogger(SegmentRewrite.class);

    private final Disk disk;
    private final long logId;
    private final int maxFrameBytes;
    private final SegmentView source;
    private final long newSegmentId;
    private final RecordFilter filter;
    private final LongPredicate isNeededByProducers;
    private final LongConsumer pace;
    private final ThinnedFrame thinned = new ThinnedFrame();
    private ProducerSnapshot note;
    private boolean noteIsMoved;
    private long droppedRecords;
    /** What stopped the scan. */
    private Exception failure;

    private BadRange bad;

    /**
     * What is to be known of a rewrite.
     *
     * @param logId of the log
     * @param maxFrameBytes the greatest size of a frame
     * @param newSegmentId the id of the segment that is written: not used before, nor ever again
     * @param keep what stays
     * @param facts what is known of the keys of the segment
     * @param tombstonesAreOld whether records without a value in this segment have reached their age
     * @param isNeededByProducers tells by its base offset whether the log remembers a batch among the last ones of its producer
     * @param pace told how many bytes were read and written since it was last told; may block, and ends the work by throwing
     */
    public record Order(
            long logId,
            int maxFrameBytes,
            long newSegmentId,
            CompactionPolicy.Keep keep,
            KeyFacts.Source facts,
            boolean tombstonesAreOld,
            LongPredicate isNeededByProducers,
            LongConsumer pace) {}

    /**
     * What became of a segment.
     *
     * @param segment the new one; null if nothing stays, or nothing was done
     * @param droppedRecords how many records are left out, control records included; 0 means that nothing was done, since nothing is to go
     * @param bad what of the old one cannot be read, so that nothing was done; or null
     */
    public record Outcome(SegmentView segment, long droppedRecords, BadRange bad) {}

    public SegmentRewrite(Disk disk, SegmentView source, Order order) {
        this.disk = disk;
        this.logId = order.logId();
        this.maxFrameBytes = order.maxFrameBytes();
        this.source = source;
        this.newSegmentId = order.newSegmentId();
        this.filter = new RecordFilter(order.keep(), order.facts(), order.tombstonesAreOld());
        this.isNeededByProducers = order.isNeededByProducers();
        this.pace = order.pace();
    }

    /**
     * Does it. Leaves no files behind unless there is a new segment; a file that cannot be deleted goes at the next open.
     *
     * @throws CodecUnavailableException at a batch that this process has no means to decompress
     * @throws IOException if the operating system refuses something
     */
    public Outcome run() throws IOException {
        boolean written = false;
        try {
            Outcome outcome = write();
            written = outcome.segment() != null;
            return outcome;
        } finally {
            if (!written) {
                discard(disk, source, newSegmentId);
            }
        }
    }

    /** Deletes what was written of a new segment that does not become part of the log. */
    public static void discard(Disk disk, SegmentView source, long newSegmentId) {
        try {
            CompactedFiles.delete(disk, source.file().getParent(), source.baseOffset(), newSegmentId);
        } catch (IOException e) {
            LOGGER.warn(
                    "What compaction wrote beside {} could not be removed ({}); the next open removes it",
                    source.file(),
                    e.toString());
        }
    }

    private Path directory() {
        return source.file().getParent();
    }

    private Outcome write() throws IOException {
        Path waiting = CompactedFiles.path(source.file(), newSegmentId);
        Path temporary = SmallFiles.temporary(waiting);
        ProducerStore producers = new ProducerStore(disk, directory());
        note = note(producers);
        try (LogFile file = CompactedFiles.open(disk, logId, source.file(), source.segmentId())) {
            SegmentHeader header = header(file);
            if (header == null) {
                return damaged(new BadRange(0, source.baseOffset(), source.lastOffset(), "the header is damaged"));
            }
            try (SegmentBuilder builder = new SegmentBuilder(disk, temporary, header)) {
                copy(file, builder);
                if (bad != null) {
                    return damaged(bad);
                }
                if (droppedRecords == 0 || builder.isEmpty()) {
                    return new Outcome(null, droppedRecords, null);
                }
                moveNote(builder, Long.MAX_VALUE);
                builder.finish();
                return finish(producers, builder, temporary, waiting);
            }
        }
    }

    private static Outcome damaged(BadRange range) {
        return new Outcome(null, 0, range);
    }

    private Outcome finish(ProducerStore producers, SegmentBuilder builder, Path temporary, Path waiting)
            throws IOException {
        SegmentView segment = builder.view(source.file());
        IndexStore.writeCompacted(disk, logId, segment, builder.index());
        SegmentKeyTable.write(
                disk,
                CompactedFiles.path(SegmentFiles.keys(directory(), source.baseOffset()), newSegmentId),
                logId,
                newSegmentId,
                segment.lengthBytes(),
                builder.keys());
        if (note != null) {
            producers.writeCompacted(source.baseOffset(), note);
        } else {
            // Of no use to the old segment, and of another one to the new.
            disk.delete(SegmentFiles.producers(directory(), source.baseOffset()));
        }
        disk.rename(temporary, waiting);
        disk.syncDirectory(directory());
        return new Outcome(segment, droppedRecords, null);
    }

    private ProducerSnapshot note(ProducerStore producers) throws IOException {
        var decoded = producers.read(source.baseOffset());
        ProducerSnapshot found = decoded == null ? null : decoded.snapshot();
        return found != null && found.logId() == logId && found.segmentId() == source.segmentId() ? found : null;
    }

    private SegmentHeader header(LogFile file) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(SegmentHeader.BYTES);
        file.read(bytes, 0);
        return SegmentHeader.decode(bytes.flip()) instanceof SegmentHeader.Decoded.Ok ok
                ? new SegmentHeader(
                        logId,
                        newSegmentId,
                        source.baseOffset(),
                        ok.header().epoch(),
                        ok.header().sequence(),
                        source.createdMillis())
                : null;
    }

    private void copy(LogFile file, SegmentBuilder builder) throws IOException {
        SegmentScanner.Outcome end = new SegmentScanner(new FrameCodec(logId), maxFrameBytes)
                .scan(
                        file,
                        source.segmentId(),
                        SegmentHeader.BYTES,
                        source.lengthBytes(),
                        SegmentScanner.Expectation.NONE,
                        new Copy(builder));
        if (failure instanceof IOException e) {
            throw e;
        }
        if (failure != null) {
            throw new IllegalStateException(failure);
        }
        if (bad == null && (end.end() < source.lengthBytes() || end.next().offset() <= source.lastOffset())) {
            bad = new BadRange(end.end(), end.next().offset(), source.lastOffset(), "frames are missing");
        }
    }

    /** What is remembered of producers up to a position in the old segment is so up to where the new one has come now. */
    private void moveNote(SegmentBuilder builder, long position) {
        if (note != null && !noteIsMoved && position >= note.coveredBytes()) {
            note = note.movedTo(newSegmentId, builder.end(), builder.epoch(), builder.sequence());
            noteIsMoved = true;
        }
    }

    private final class Copy implements SegmentScanner.Visitor {
        private final SegmentBuilder builder;

        Copy(SegmentBuilder builder) {
            this.builder = builder;
        }

        @Override
        public boolean frame(FrameHeader header, long position, ByteBuffer buffer, int at) {
            moveNote(builder, position);
            try {
                int written = header.isMark() ? 0 : batch(header, buffer, at);
                pace.accept((long) header.frameBytes() + written);
                return true;
            } catch (MalformedBatchException e) {
                bad = new BadRange(position, header.baseOffset(), header.lastOffset(), e.getMessage());
                return false;
            } catch (IOException e) {
                failure = e;
                return false;
            }
        }

        private int batch(FrameHeader header, ByteBuffer buffer, int at) throws IOException, MalformedBatchException {
            byte[] bytes = new byte[header.frameBytes()];
            buffer.get(at, bytes);
            List<LogRecord> records = new RecordBatch(header, bytes, 0).records();
            List<LogRecord> kept = kept(header, records);
            if (kept.size() == records.size()) {
                return builder.add(buffer, at, header, records);
            }
            if (!kept.isEmpty()) {
                droppedRecords += records.size() - kept.size();
                thinned.write(header, kept);
                return builder.add(thinned.buffer(), 0, header, kept);
            }
            if (header.producer() != null && isNeededByProducers.test(header.baseOffset())) {
                boolean isHusk = header.isControl();
                droppedRecords += isHusk ? 0 : records.size();
                thinned.writeHusk(header);
                return builder.add(thinned.buffer(), 0, header, List.of());
            }
            droppedRecords += records.size();
            return 0;
        }

        private List<LogRecord> kept(FrameHeader header, List<LogRecord> records)
                throws IOException, MalformedBatchException {
            List<LogRecord> kept = new ArrayList<>(records.size());
            for (LogRecord record : records) {
                if (keeps(header, record)) {
                    kept.add(record);
                }
            }
            return kept;
        }

        private boolean keeps(FrameHeader header, LogRecord record) throws IOException, MalformedBatchException {
            if (!header.isControl()) {
                return filter.keeps(record);
            }
            // One without a key is what compaction left of a batch for the sake of its producer.
            return record.key() != null && filter.keeps(record, KeyControl.of(record));
        }

        @Override
        public boolean bad(long position, long end, FrameHeader header, String reason) {
            bad = new BadRange(
                    position,
                    header == null ? source.baseOffset() : header.baseOffset(),
                    header == null ? source.lastOffset() : header.lastOffset(),
                    reason);
            return false;
        }
    }
}
