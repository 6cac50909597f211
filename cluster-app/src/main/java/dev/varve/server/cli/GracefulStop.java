package dev.varve.server.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a command finish cleanly when the process is asked to end (SIGINT, SIGTERM): it is told to stop, and the process waits
 * until it has. The exit code is then what the operating system expects of that signal: 130, 143.
 */
final class GracefulStop implements AutoCloseable {
    /** After that the process ends all the same; nothing acknowledged is lost by it. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final CountDownLatch done = new CountDownLatch(1);
    private Thread hook;

    /** From now on the process waits for {@link #close} before it ends, having called this on another thread. */
    void whenAsked(Runnable stop) {
        whenAsked(stop, PATIENCE);
    }

    /** As {@link #whenAsked(Runnable)}, and no longer than this. */
    void whenAsked(Runnable stop, Duration patience) {
        hook = new Thread(
                () -> {
                    stop.run();
                    awaitDone(patience);
                },
                "varve-stop");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void awaitDone(Duration patience) {
        try {
            done.await(patience.toMillis(), TimeUnit.MILLISECONDS);
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
