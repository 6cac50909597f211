package dev.varve.server.cli;

/** What a command was asked for makes no sense, as only it can tell. The message is for the person who asked. */
final class WrongUsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WrongUsageException(String message) {
        super(message);
    }
}
