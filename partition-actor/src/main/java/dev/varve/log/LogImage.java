package dev.varve.log;

import dev.varve.log.format.Manifest;
import dev.varve.log.format.ProducerSnapshot;
import dev.varve.log.io.Disk;
import dev.varve.log.segment.CompactedFiles;
import dev.varve.log.segment.SegmentFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A log as it was at one moment, for whoever copies it elsewhere: files of these names with these bytes, in a directory of their own, are
 * the same log, with the same frames at the same places, and it opens as after a clean close. Everything in it is durable.
 *
 * <p>The log goes on meanwhile. Of a file that it still writes to the first bytes stay as they are; one that it deletes can be read for as
 * long as somebody holds it open, or has linked it.
 *
 * @param logEndOffset where the log ended
 * @param parts in the order in which they are best copied: the manifest, without which there is no log, comes last
 */
public record LogImage(long logEndOffset, List<Part> parts) {

    public LogImage {
        parts = List.copyOf(parts);
    }

    /** A file of the image. */
    public sealed interface Part {
        /** The name in the directory of the log. */
        String name();

        long lengthBytes();
    }

    /** The first bytes of a file of the log. */
    public record Stored(String name, Path file, long lengthBytes) implements Part {}

    /** Bytes that no file holds. */
    public record Made(String name, byte[] content) implements Part {
        @Override
        public long lengthBytes() {
            return content.length;
        }
    }

    /**
     * The image of a log all of whose frames are durable.
     *
     * @param manifest of all segments as they are, in the order of the log
     * @param producers what is remembered where the last of them ends
     */
    static LogImage of(Disk disk, Path directory, Manifest manifest, ProducerSnapshot producers, long logEndOffset)
            throws IOException {
        List<Part> parts = new ArrayList<>();
        for (Manifest.Segment segment : manifest.segments()) {
            Path file = SegmentFiles.log(directory, segment.baseOffset());
            Path found = CompactedFiles.find(disk, manifest.logId(), file, segment.segmentId());
            parts.add(new Stored(file.getFileName().toString(), found, segment.lengthBytes()));
        }
        Path beside = SegmentFiles.producers(directory, manifest.active().baseOffset());
        parts.add(new Made(beside.getFileName().toString(), bytes(producers.encode())));
        parts.add(new Made(SegmentFiles.MANIFEST, bytes(manifest.encode())));
        return new LogImage(logEndOffset, parts);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
