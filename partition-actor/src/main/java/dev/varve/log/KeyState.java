package dev.varve.log;

/**
 * What a log knows of a key.
 *
 * @param highestSequence the greatest key sequence that any of its records had; deletion does not lower it
 * @param deletedTo its records up to and including this key sequence are deleted; 0 if none are
 * @param lastOffset the offset of its last record, which may be deleted; -1 if the log holds none
 */
public record KeyState(long highestSequence, long deletedTo, long lastOffset) {
    /** Of a key that the log does not know. */
    public static final KeyState UNKNOWN = new KeyState(0, 0, -1);
}
