package dev.varve.log;

/**
 * Something that went away for good.
 *
 * @param reason why
 * @param file the segment file that it was in
 * @param firstOffset no record below this offset went with it
 * @param lastOffset nor any above this one
 * @param records how many records went
 * @param bytes how many bytes came back; those that the indexes took are not counted
 */
public record Removal(Reason reason, String file, long firstOffset, long lastOffset, long records, long bytes) {

    /** Why something went. */
    public enum Reason {
        /** The segment was wholly below an offset that somebody named: {@link PartitionLog#deleteBefore}. */
        DELETED_BEFORE,
        /** The segment was older than {@link RetentionPolicy#maxAge()}. */
        AGE,
        /** The log was larger than {@link RetentionPolicy#maxBytes()}. */
        SIZE,
        /** Compaction took dead records out of the segment, or the segment out of the log because nothing else was in it. */
        COMPACTION
    }
}
