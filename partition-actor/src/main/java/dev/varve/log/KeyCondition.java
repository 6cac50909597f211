package dev.varve.log;

import java.util.Arrays;
import java.util.Objects;

/**
 * What must be so for a batch to be stored: the highest sequence of a key, as if all batches before it in the log and in its commit were
 * stored. So two writers who both believe to be the only one cannot both succeed, and what was sent behind a batch that was not stored
 * is not stored either. Immutable, as long as nobody changes the bytes.
 *
 * @param key which key; not copied
 * @param highestSequence the highest sequence that it must have; 0 also for a key that the log does not know
 */
public record KeyCondition(byte[] key, long highestSequence) {
    public KeyCondition {
        Objects.requireNonNull(key, "key");
        if (highestSequence < 0) {
            throw new IllegalArgumentException("highestSequence must be 0 or more, not " + highestSequence);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeyCondition that
                && Arrays.equals(key, that.key)
                && highestSequence == that.highestSequence;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(key) * 31 + Long.hashCode(highestSequence);
    }

    @Override
    public String toString() {
        return "KeyCondition[key=" + key.length + " bytes, highestSequence=" + highestSequence + "]";
    }
}
