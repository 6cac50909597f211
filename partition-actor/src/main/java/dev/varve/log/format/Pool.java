package dev.varve.log.format;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Things that are costly to make and serve one thread at a time, kept for the next one: as many at rest as there are processors. Any
 * thread.
 */
final class Pool<T> {
    private final BlockingQueue<T> atRest =
            new ArrayBlockingQueue<>(Runtime.getRuntime().availableProcessors());
    private final Supplier<T> maker;
    private final Consumer<T> destroyer;

    Pool(Supplier<T> maker, Consumer<T> destroyer) {
        this.maker = maker;
        this.destroyer = destroyer;
    }

    T take() {
        T rested = atRest.poll();
        return rested == null ? maker.get() : rested;
    }

    void giveBack(T thing) {
        if (!atRest.offer(thing)) {
            destroyer.accept(thing);
        }
    }
}
