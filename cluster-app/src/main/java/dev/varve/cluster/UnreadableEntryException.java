package dev.varve.cluster;

/** An entry of a Raft log, or a snapshot, that is not what this version writes. Nothing may go on over it. */
final class UnreadableEntryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnreadableEntryException(String message) {
        super(message);
    }
}
