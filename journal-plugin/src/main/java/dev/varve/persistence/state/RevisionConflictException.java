package dev.varve.persistence.state;

/** State was to be updated to a revision that does not follow the one that is stored. Nothing of it was stored. */
public final class RevisionConflictException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String persistenceId;
    private final long revision;
    private final long storedRevision;

    RevisionConflictException(String persistenceId, long revision, long storedRevision) {
        super(message(persistenceId, revision, storedRevision, "updated"));
        this.persistenceId = persistenceId;
        this.revision = revision;
        this.storedRevision = storedRevision;
    }

    static String message(String persistenceId, long revision, long storedRevision, String what) {
        return "the state of persistence id [" + persistenceId + "] was to be " + what + " at revision " + revision
                + ", so that " + (revision - 1) + " would be the stored one, but that is " + storedRevision
                + ". Nothing was changed. Two actors with this persistence id are alive, or were; stop one of them";
    }

    public String persistenceId() {
        return persistenceId;
    }

    /** The revision that was to be stored. */
    public long revision() {
        return revision;
    }

    /** The revision that is stored; 0 if there is none. */
    public long storedRevision() {
        return storedRevision;
    }
}
