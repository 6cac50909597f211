package dev.varve.log.compaction;

import dev.varve.log.format.KeyControl;
import dev.varve.log.format.LogRecord;
import dev.varve.log.keys.Key;
import java.io.IOException;

/**
 * Which records of a segment stay. What is known of a key once every segment was compacted is what was known before: its highest
 * sequence, and up to where it is deleted. For one thread.
 */
final class RecordFilter {
    private final CompactionPolicy.Keep keep;
    private final KeyFacts.Source facts;
    private final boolean tombstonesAreOld;

    /** @param tombstonesAreOld whether records without a value in this segment have reached their age */
    RecordFilter(CompactionPolicy.Keep keep, KeyFacts.Source facts, boolean tombstonesAreOld) {
        this.keep = keep;
        this.facts = facts;
        this.tombstonesAreOld = tombstonesAreOld;
    }

    /** Whether a record of a reader's stays. */
    boolean keeps(LogRecord record) throws IOException {
        KeyFacts known = record.key() == null ? null : facts.of(new Key(record.key()));
        if (known == null) {
            return true;
        }
        if (known.isForgotten(record.offset()) || known.isDeleted(record.keySequence())) {
            return false;
        }
        return keep != CompactionPolicy.Keep.LATEST_OF_KEY
                || !(known.isSuperseded(record.offset(), record.keySequence()) || isSpentTombstone(record, known));
    }

    private boolean isSpentTombstone(LogRecord record, KeyFacts known) throws IOException {
        return record.value() == null
                && tombstonesAreOld
                && known.known().highestSequence() == 0
                && record.offset() == known.known().lastOffset()
                && facts.isFirst(new Key(record.key()));
    }

    /** Whether a control record stays. */
    boolean keeps(LogRecord record, KeyControl control) throws IOException {
        Key key = new Key(control.key());
        KeyFacts known = facts.of(key);
        if (known == null) {
            return true;
        }
        if (known.isForgotten(record.offset())) {
            return false;
        }
        return control.kind() == KeyControl.Kind.FORGOTTEN
                ? !facts.isFirst(key)
                : control.toSequence() >= known.known().deletedTo();
    }
}
