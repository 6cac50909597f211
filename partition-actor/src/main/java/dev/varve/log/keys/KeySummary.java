package dev.varve.log.keys;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;

/**
 * What a stretch of the log says of a key. Summaries of stretches that follow each other add up to that of the whole; adding one
 * twice makes no difference. Immutable.
 *
 * @param highestSequence the greatest key sequence of its records, the deleted ones included; 0 if there is none
 * @param deletedTo its records up to this key sequence are deleted; 0 if none are
 * @param lastOffset the offset of its last record; -1 if there is none
 * @param forgottenAt the offset at which all before was forgotten; -1 if it was not
 */
public record KeySummary(long highestSequence, long deletedTo, long lastOffset, long forgottenAt) {
    /** Nothing is said of the key. */
    public static final KeySummary NOTHING = new KeySummary(0, 0, -1, -1);

    /** With a record behind. */
    KeySummary withRecord(long offset, long keySequence) {
        return new KeySummary(Math.max(highestSequence, keySequence), deletedTo, offset, forgottenAt);
    }

    /** With a deletion behind, by one who knew this highest sequence. */
    KeySummary withDeletion(long toSequence, long knownHighest) {
        return new KeySummary(
                Math.max(highestSequence, knownHighest), Math.max(deletedTo, toSequence), lastOffset, forgottenAt);
    }

    /** With all forgotten behind. */
    static KeySummary forgotten(long offset) {
        return new KeySummary(0, 0, -1, offset);
    }

    /** This stretch and a later one. */
    public KeySummary plus(KeySummary later) {
        if (later.forgottenAt > lastOffset || later.forgottenAt > forgottenAt) {
            return later;
        }
        return new KeySummary(
                Math.max(highestSequence, later.highestSequence),
                Math.max(deletedTo, later.deletedTo),
                Math.max(lastOffset, later.lastOffset),
                Math.max(forgottenAt, later.forgottenAt));
    }

    /** Whether nothing is left to be known: the key was forgotten and not used since. */
    public boolean isEmpty() {
        return highestSequence == 0 && deletedTo == 0 && lastOffset < 0;
    }

    void write(Output output) {
        output.writeVarLong(highestSequence, true);
        output.writeVarLong(deletedTo, true);
        output.writeVarLong(lastOffset + 1, true);
        output.writeVarLong(forgottenAt + 1, true);
    }

    static KeySummary read(Input input) {
        return new KeySummary(
                input.readVarLong(true),
                input.readVarLong(true),
                input.readVarLong(true) - 1,
                input.readVarLong(true) - 1);
    }
}
