package dev.varve.server.cli;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Standard output cannot be written to. */
final class OutputFailedException extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    OutputFailedException(IOException cause) {
        super("standard output cannot be written to: " + cause.getMessage(), cause);
    }

    /** Whether nobody reads any more, as when "head" has seen enough, and so nothing is wrong. */
    boolean readerIsGone() {
        String message = getCause().getMessage();
        return message != null && message.contains("Broken pipe");
    }
}
