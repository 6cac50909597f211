package dev.varve.log.format;

/** The records of a frame whose checksum is right are not what its fixed fields promise. */
public final class MalformedBatchException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedBatchException(String message) {
        super(message);
    }
}
