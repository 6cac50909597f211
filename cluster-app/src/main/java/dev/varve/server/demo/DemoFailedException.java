package dev.varve.server.demo;

/** The demo did not see what it should have seen. */
public final class DemoFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DemoFailedException(String message) {
        super(message);
    }

    DemoFailedException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Fails the demo unless something holds. */
    static void unless(boolean holds, String message) {
        if (!holds) {
            throw new DemoFailedException(message);
        }
    }
}
