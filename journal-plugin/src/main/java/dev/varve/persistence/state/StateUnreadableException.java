package dev.varve.persistence.state;

/** State that is stored cannot be read, because it is damaged or no serializer can make anything of it. Nothing was changed. */
public final class StateUnreadableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StateUnreadableException(String persistenceId, long revision, String problem, Throwable cause) {
        super(
                "the state of persistence id [" + persistenceId + "] at revision " + revision + " cannot be read: "
                        + problem + ". Nothing was changed",
                cause);
    }
}
