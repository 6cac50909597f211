package dev.varve.server.journal;

/** A persistence id cannot be carried, or not on from some event; the message is for people. Others can. */
final class NotCarriedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotCarriedException(String message) {
        super(message);
    }

    NotCarriedException(String message, Throwable cause) {
        super(message, cause);
    }
}
