package dev.varve.log;

import java.nio.file.Path;
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
}
