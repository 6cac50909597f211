package dev.varve.log;

import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.ProducerSnapshot;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.segment.ProducerStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * What a repair knows of producers, segment by segment: from the frames, and from the notes beside the segments as far as the log
 * proves them, which know of what is missing too. For one use by one thread.
 */
final class RepairedProducers {
    private final Path directory;
    private final LogOptions options;
    private final ProducerStore store;
    private final Consumer<String> notes;
    private ProducerTable table;

    RepairedProducers(Path directory, LogOptions options, Consumer<String> notes) {
        this.directory = directory;
        this.options = options;
        this.store = new ProducerStore(options.disk(), directory);
        this.notes = notes;
        this.table = new ProducerTable(options);
    }

    /** What is learned within a segment. */
    static final class OfSegment {
        private final ProducerSnapshot atStart;
        private final ProducerReplay running;
        /** With what the note says, once that is proven; null without a note. */
        private final ProducerReplay noted;

        private OfSegment(ProducerSnapshot atStart, ProducerReplay running, ProducerReplay noted) {
            this.atStart = atStart;
            this.running = running;
            this.noted = noted;
        }

        /** What is known where the segment begins. */
        ProducerSnapshot atStart() {
            return atStart;
        }

        /** Takes the fixed fields of a frame that was acknowledged, in order. */
        void frame(FrameHeader header, long position) {
            running.frame(header, position);
            if (noted != null) {
                noted.frame(header, position);
            }
        }
    }

    /** Goes on into a segment with this header. */
    OfSegment begin(RepairSources.Found found, RepairSources.Source segment, SegmentHeader header) {
        ProducerSnapshot note = note(found.logId(), segment);
        ProducerReplay noted = note == null ? null : ProducerReplay.from(note, options);
        if (note != null) {
            noted.knows(SegmentHeader.BYTES, header.epoch(), header.sequence());
            if (found.manifest() != null && segment.entry() == found.manifest().active()) {
                noted.knows(
                        segment.entry().lengthBytes(),
                        found.manifest().epoch(),
                        found.manifest().sequence());
            }
            if (note.isAt(SegmentHeader.BYTES, header.epoch(), header.sequence())) {
                table = new ProducerTable(options, note);
            }
        }
        ProducerSnapshot atStart = table.snapshot(
                found.logId(), segment.segmentId(), SegmentHeader.BYTES, header.epoch(), header.sequence());
        return new OfSegment(atStart, ProducerReplay.from(atStart, options), noted);
    }

    /** Has been through a segment. */
    void end(OfSegment segment) {
        table = segment.noted != null && segment.noted.isProven() ? segment.noted.table() : segment.running.table();
    }

    ProducerTable table() {
        return table;
    }

    private ProducerSnapshot note(long logId, RepairSources.Source segment) {
        try {
            ProducerSnapshot.Decoded decoded = store.read(segment.nameOffset());
            ProducerSnapshot note = decoded == null ? null : decoded.snapshot();
            boolean fits = note != null && note.logId() == logId && note.segmentId() == segment.segmentId();
            return fits ? note : null;
        } catch (IOException e) {
            notes.accept("the note of producers beside " + segment.file().getFileName() + " in " + directory
                    + " cannot be read: " + e);
            return null;
        }
    }
}
