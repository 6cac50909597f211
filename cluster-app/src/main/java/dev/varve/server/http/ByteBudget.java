package dev.varve.server.http;

import java.util.concurrent.atomic.AtomicLong;

/** A number of bytes that all requests share. Any thread. */
final class ByteBudget {
    private final long limit;
    private final AtomicLong used = new AtomicLong();

    /** @param limit how many there are */
    ByteBudget(long limit) {
        this.limit = limit;
    }

    /** Takes bytes if they are free, however many if nobody else has any: a limit that is too small should not refuse for ever. */
    boolean tryTake(long bytes) {
        while (true) {
            long before = used.get();
            if (before > 0 && bytes > limit - before) {
                return false;
            }
            if (used.compareAndSet(before, before + bytes)) {
                return true;
            }
        }
    }

    /** Whether {@link #tryTake} would take these now. */
    boolean hasRoomFor(long bytes) {
        long before = used.get();
        return before == 0 || bytes <= limit - before;
    }

    /** Gives back what was taken. */
    void giveBack(long bytes) {
        used.addAndGet(-bytes);
    }

    long used() {
        return used.get();
    }
}
