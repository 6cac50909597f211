package dev.varve.log;

import dev.varve.log.keys.Key;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToLongFunction;

/** Judges the conditions of the batches of one commit, as if those before each in it were stored. */
final class KeyConditions {
    private final ToLongFunction<Key> stored;
    private final Map<Key, Pending> pending = new HashMap<>();

    /** What the commit is to make of a key, and the last of its batches that does. */
    private record Pending(long highestSequence, StagedBatch batch) {}

    /** @param stored the highest sequence that a key has in the log */
    KeyConditions(ToLongFunction<Key> stored) {
        this.stored = stored;
    }

    /** Whether the condition of a batch is met, if it has one; else the batch is refused. */
    boolean isMet(StagedBatch batch) {
        if (batch.condition == null) {
            return true;
        }
        Key key = new Key(batch.condition.key());
        Pending before = pending.get(key);
        long highest = before == null ? stored.applyAsLong(key) : before.highestSequence();
        if (highest == batch.condition.highestSequence()) {
            return true;
        }
        batch.refuse(
                new LogException.KeyConflict(batch.condition.highestSequence(), highest),
                before == null ? null : before.batch());
        return false;
    }

    /** A batch is to be stored. */
    void admitted(StagedBatch batch) {
        if (batch.keys != null) {
            batch.keys.forEachSequence((key, sequence, isForgotten) -> {
                Pending before = pending.get(key);
                long highest = before == null ? stored.applyAsLong(key) : before.highestSequence();
                pending.put(key, new Pending(isForgotten ? 0 : Math.max(highest, sequence), batch));
            });
        }
    }
}
