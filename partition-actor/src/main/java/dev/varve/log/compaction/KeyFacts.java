package dev.varve.log.compaction;

import dev.varve.log.keys.Key;
import dev.varve.log.keys.KeySummary;
import java.io.IOException;

/**
 * What is proven of a key, as far as the records of it in one segment are concerned: by the tables of this segment and of later
 * ones, which belong to just these segments and are checked by sums. The directory of keys only said where to look.
 *
 * @param known this segment and what was found in later ones, added up
 * @param inSegment what this segment says
 * @param laterHighest the highest key sequence that a later segment carries; -1 if none was found to carry any
 */
public record KeyFacts(KeySummary known, KeySummary inSegment, long laterHighest) {

    /** Whether everything at an offset was forgotten later. */
    public boolean isForgotten(long offset) {
        return offset < known.forgottenAt();
    }

    /** Whether a key sequence was deleted. */
    public boolean isDeleted(long keySequence) {
        return known.deletedTo() > 0 && keySequence <= known.deletedTo();
    }

    /** Whether there is a later record, and what carries this key sequence or a higher one in its stead. */
    public boolean isSuperseded(long offset, long keySequence) {
        return offset < known.lastOffset()
                && (keySequence == 0 || keySequence <= laterHighest || keySequence < inSegment.highestSequence());
    }

    /** Where facts come from. For one thread. */
    public interface Source {
        /** What is known of a key of the segment; null if nothing, so that all about it stays. */
        KeyFacts of(Key key);

        /** Whether it is certain that no segment before this one says anything of a key. May read. */
        boolean isFirst(Key key) throws IOException;
    }
}
