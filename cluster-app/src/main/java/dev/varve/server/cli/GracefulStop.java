package dev.varve.server.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a command finish cleanly when the process is asked to end (SIGINT, SIGTERM): it is told to stop, and the process waits
 * until it has. The exit code is then what the operating system expects of that signal: 130, 143.
 */
final class GracefulStop implements AutoCloseable {
    /** After that the process ends all the same; nothing acknowledged is lost by it. */
    private static final long PATIENCE_SECONDS = 30;

    private final CountDownLatch done = new CountDownLatch(1);
    private Thread hook;

    /** From now on the process waits for {@link #close} before it ends, having called this on another thread. */
    void whenAsked(Runnable stop) {
        hook = new Thread(
                () -> {
                    stop.run();
                    awaitDone();
                },
                "varve-stop");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void awaitDone() {
        try {
            done.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The command is done, and has said all it had to say. */
    @Override
    public void close() {
        done.countDown();
        if (hook != null) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // It is running: the process ends now.
            }
        }
    }
}
