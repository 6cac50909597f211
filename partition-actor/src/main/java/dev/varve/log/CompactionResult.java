package dev.varve.log;

import java.util.List;

/**
 * What compaction did.
 *
 * @param segments how many sealed segments were looked at
 * @param rewritten how many were written anew without their dead records
 * @param dropped how many went as a whole, because nothing else was in them
 * @param records how many dead records went, those of the log's own included
 * @param bytesRead how many bytes of segments were read for that
 * @param bytesReclaimed how many bytes came back; those of indexes are not counted
 * @param leftAlone segments that were left as they are although there may be something to gain, and why
 */
public record CompactionResult(
        int segments,
        int rewritten,
        int dropped,
        long records,
        long bytesRead,
        long bytesReclaimed,
        List<LeftAlone> leftAlone) {
    public CompactionResult {
        leftAlone = List.copyOf(leftAlone);
    }

    /** A segment that was left as it is. */
    public record LeftAlone(String file, String reason) {}
}
