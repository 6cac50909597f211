package dev.varve.cluster;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what is to come true at some time, and fails if it does not. */
final class Eventually {
    private static final long PATIENCE_NANOS = 60_000_000_000L;
    private static final long PAUSE_NANOS = 20_000_000L;

    private Eventually() {}

    static void holds(BooleanSupplier condition, Object what) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > PATIENCE_NANOS) {
                throw new AssertionError("not after a minute: " + what);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** Waits until a node is ready; on a busy machine elections may take longer than one request may. */
    static void isReady(ClusterNode node) {
        holds(
                () -> {
                    try {
                        Asking.await(node.ready());
                        return true;
                    } catch (ClusterException e) {
                        return false;
                    }
                },
                node.nodeId() + " is ready");
    }
}
