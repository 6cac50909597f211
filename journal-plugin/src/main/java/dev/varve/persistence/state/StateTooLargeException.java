package dev.varve.persistence.state;

/** State does not fit into a batch. Nothing of it was stored, and what was stored before is kept. */
public final class StateTooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StateTooLargeException(String persistenceId, long revision, long bytes, long maxBytes) {
        super("the state of persistence id [" + persistenceId + "] at revision " + revision + " takes " + bytes
                + " bytes, more than varve.max-batch-bytes allows, " + maxBytes
                + ". It was not stored, and what was stored before is kept; raise the limit or store less state");
    }
}
