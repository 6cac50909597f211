package dev.varve.server.cli;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Standard output that takes nothing until a test lets it. */
final class GatedOutput extends OutputStream {
    private static final long PATIENCE_SECONDS = 60;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CountDownLatch blocked = new CountDownLatch(1);
    private final CountDownLatch gate = new CountDownLatch(1);

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] source, int from, int length) {
        blocked.countDown();
        await(gate);
        synchronized (this) {
            bytes.write(source, from, length);
        }
    }

    /** Waits until somebody wants to write. */
    void awaitBlocked() {
        await(blocked);
    }

    void open() {
        gate.countDown();
    }

    synchronized String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("waited for a minute");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
