package dev.varve.server.journal;

/** A journal cannot be read or written at all; the message is for people. What was carried before stays. */
public final class TransferFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TransferFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
