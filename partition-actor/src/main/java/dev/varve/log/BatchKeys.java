package dev.varve.log;

import dev.varve.log.format.KeyControl;
import dev.varve.log.format.NewRecord;
import dev.varve.log.keys.Key;
import dev.varve.log.keys.KeyDirectory;
import dev.varve.log.keys.SegmentKeys;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/** The keys of a staged batch: what the key index will have to know when the batch is written. */
final class BatchKeys {
    /** The key of each record that has one; the same object for neighbours with the same key. */
    private final Key[] keys;

    private final long[] sequences;
    private final int[] deltas;
    private final KeyControl control;
    private int count;

    private BatchKeys(int records, KeyControl control) {
        this.keys = new Key[records];
        this.sequences = new long[records];
        this.deltas = new int[records];
        this.control = control;
    }

    /** The keys of records; null if none has one. */
    static BatchKeys of(List<NewRecord> records, IntUnaryOperator offsetDelta) {
        BatchKeys found = new BatchKeys(records.size(), null);
        for (int i = 0; i < records.size(); i++) {
            NewRecord record = records.get(i);
            if (record.key() != null) {
                found.add(record.key(), record.keySequence(), offsetDelta.applyAsInt(i));
            }
        }
        return found.count == 0 ? null : found;
    }

    static BatchKeys of(KeyControl control) {
        BatchKeys found = new BatchKeys(1, control);
        found.add(control.key(), control.highestSequence(), 0);
        return found;
    }

    private void add(byte[] key, long sequence, int delta) {
        boolean same = count > 0 && Arrays.equals(keys[count - 1].bytes(), key);
        // Copied: the sender may change its array when it has its answer, and the index keeps the key.
        keys[count] = same ? keys[count - 1] : new Key(key.clone());
        sequences[count] = sequence;
        deltas[count] = delta;
        count++;
    }

    /** Whether this is a deletion, or a forgetting. */
    boolean isControl() {
        return control != null;
    }

    /** Takes the highest sequence that a key has behind the batch. */
    interface SequenceTaker {
        void take(Key key, long highestSequence, boolean isForgotten);
    }

    void forEachSequence(SequenceTaker taker) {
        boolean isForgotten = control != null && control.kind() == KeyControl.Kind.FORGOTTEN;
        for (int i = 0; i < count; i++) {
            taker.take(keys[i], sequences[i], isForgotten);
        }
    }

    /** Hands over the keys of records, neighbours with the same key once. */
    void forEachRecordKey(Consumer<byte[]> action) {
        for (int i = 0; control == null && i < count; i++) {
            if (i == 0 || keys[i] != keys[i - 1]) {
                action.accept(keys[i].bytes());
            }
        }
    }

    /** Takes note of the batch, which lies in a segment now. */
    void addTo(SegmentKeys segment, KeyDirectory directory, long segmentBaseOffset, StagedBatch batch) {
        if (control != null) {
            Key key = keys[0];
            if (control.kind() == KeyControl.Kind.DELETED) {
                segment.addDeletion(key, control.toSequence(), control.highestSequence());
            } else {
                segment.addForgotten(key, batch.baseOffset);
            }
            directory.add(key, segment.get(key).summary(), segmentBaseOffset);
            return;
        }
        for (int i = 0; i < count; i++) {
            segment.addRecord(keys[i], batch.position, batch.baseOffset + deltas[i], sequences[i]);
            if (i + 1 == count || keys[i + 1] != keys[i]) {
                directory.add(keys[i], segment.get(keys[i]).summary(), segmentBaseOffset);
            }
        }
    }
}
