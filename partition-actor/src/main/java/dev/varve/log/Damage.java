package dev.varve.log;

/**
 * Bytes of a log that are not what was written.
 *
 * @param file the name of the file in the directory of the log
 * @param position where the damaged bytes begin
 * @param firstOffset the least offset that may be concerned; -1 where none is
 * @param lastOffset the greatest offset that may be concerned; -1 where none is
 * @param kind what is wrong
 * @param detail the same in words, with numbers
 */
public record Damage(String file, long position, long firstOffset, long lastOffset, Kind kind, String detail) {
    public Damage {
        if (lastOffset < firstOffset) {
            firstOffset = -1;
            lastOffset = -1;
        }
    }

    /** The kinds of findings, in the words that {@code verify} prints. */
    public enum Kind {
        /** A manifest, or one of its two copies, fails its checksum, contradicts itself, or is older than the segments. */
        MANIFEST,
        /** A segment file that the manifest names is not there. */
        MISSING_SEGMENT,
        /** A segment file is shorter or longer than the manifest says. */
        SEGMENT_LENGTH,
        /** A segment file's header is damaged, or belongs to another log or segment. */
        SEGMENT_HEADER,
        /** Bytes that are no frame, or a frame that fails its checksum. */
        FRAME,
        /** A frame that passes its checksum but whose offsets, epoch or records make no sense. */
        RECORDS,
        /**
         * A segment or a frame that is whole but not for this reader: of a later version of varve, over its limit, or compressed
         * in a way that this process has no means for. For who walks a log at work, also one that the operating system cannot read.
         */
        UNREADABLE,
        /** An index that fails its checksum or contradicts the log; harmless, it is rebuilt from the log. */
        INDEX,
        /** A note of what the log remembers of its producers that fails its checksum, or one of its two copies. */
        PRODUCERS
    }
}
