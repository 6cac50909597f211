package dev.varve.log;

import dev.varve.log.format.KeyControl;
import dev.varve.log.format.NewRecord;
import dev.varve.log.keys.Key;
import dev.varve.log.keys.KeyDirectory;
import dev.varve.log.keys.SegmentKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** The keys of a staged batch: what the key index will have to know when the batch is written. */
final class BatchKeys {
    private final List<Key> keys = new ArrayList<>();
    private final List<long[]> sequencesAndDeltas = new ArrayList<>();
    private final KeyControl control;

    private BatchKeys(KeyControl control) {
        this.control = control;
    }

    /** The keys of records; null if none has one. */
    static BatchKeys of(List<NewRecord> records, IntUnaryOperator offsetDelta) {
        BatchKeys found = new BatchKeys(null);
        for (int i = 0; i < records.size(); i++) {
            NewRecord record = records.get(i);
            if (record.key() != null) {
                // Copied: the sender may change its array when it has its answer, and the index keeps the key.
                found.keys.add(new Key(record.key().clone()));
                found.sequencesAndDeltas.add(new long[] {record.keySequence(), offsetDelta.applyAsInt(i)});
            }
        }
        return found.keys.isEmpty() ? null : found;
    }

    static BatchKeys of(KeyControl control) {
        return new BatchKeys(control);
    }

    /** Takes note of the batch, which lies in a segment now. */
    void addTo(SegmentKeys segment, KeyDirectory directory, long segmentBaseOffset, Commit.Staged batch) {
        if (control != null) {
            Key key = new Key(control.key().clone());
            if (control.kind() == KeyControl.Kind.DELETED) {
                segment.addDeletion(key, control.toSequence(), control.highestSequence());
            } else {
                segment.addForgotten(key, batch.baseOffset);
            }
            directory.add(key, segment.get(key).summary(), segmentBaseOffset);
            return;
        }
        for (int i = 0; i < keys.size(); i++) {
            long[] sequenceAndDelta = sequencesAndDeltas.get(i);
            segment.addRecord(keys.get(i), batch.position, batch.baseOffset + sequenceAndDelta[1], sequenceAndDelta[0]);
            directory.add(keys.get(i), segment.get(keys.get(i)).summary(), segmentBaseOffset);
        }
    }
}
