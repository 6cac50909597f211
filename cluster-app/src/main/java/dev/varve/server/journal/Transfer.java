package dev.varve.server.journal;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/**
 * Carries persistence ids from one journal to another, several at a time, the events of each in order and with their sequence numbers. May be
 * ended at any moment, even by force, and begun again: it goes on behind what is there.
 */
final class Transfer {
    private static final int AT_ONCE = 8;
    private static final int EVENTS_AT_ONCE = 200;

    private final EventSource source;
    private final EventTarget target;
    private final BiConsumer<String, String> notCarried;
    private final BooleanSupplier isAskedToStop;
    private final AtomicLong ids = new AtomicLong();
    private final AtomicLong events = new AtomicLong();
    private final AtomicLong alreadyThere = new AtomicLong();
    private final AtomicLong deletedPrefixes = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    /**
     * What was done.
     *
     * @param persistenceIds how many were carried, or were there already
     * @param events how many events were carried
     * @param alreadyThere how many of the persistence ids had events in the target
     * @param deletedPrefixes of how many of them events were deleted at the source, and are here
     * @param notCarried how many persistence ids were not carried, or not all of them
     * @param isComplete false if it was asked to stop
     */
    record Summary(
            long persistenceIds,
            long events,
            long alreadyThere,
            long deletedPrefixes,
            long notCarried,
            boolean isComplete) {}

    /**
     * @param notCarried told of persistence ids that are not carried, and why; one call at a time
     * @param isAskedToStop whether to end early, between two writes
     */
    Transfer(
            EventSource source,
            EventTarget target,
            BiConsumer<String, String> notCarried,
            BooleanSupplier isAskedToStop) {
        this.source = source;
        this.target = target;
        this.notCarried = notCarried;
        this.isAskedToStop = isAskedToStop;
    }

    /** Carries persistence ids. Blocks until all are. */
    Summary run(Iterator<String> persistenceIds) {
        ExecutorService workers = Executors.newFixedThreadPool(AT_ONCE);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                running.add(workers.submit(() -> {
                    for (String id = next(persistenceIds); id != null; id = next(persistenceIds)) {
                        carry(id);
                    }
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TransferFailedException("interrupted", e);
        } finally {
            workers.shutdownNow();
        }
        return new Summary(
                ids.get(),
                events.get(),
                alreadyThere.get(),
                deletedPrefixes.get(),
                failed.get(),
                !isAskedToStop.getAsBoolean());
    }

    private String next(Iterator<String> persistenceIds) {
        synchronized (persistenceIds) {
            return !isAskedToStop.getAsBoolean() && persistenceIds.hasNext() ? persistenceIds.next() : null;
        }
    }

    private void carry(String id) {
        try {
            if (carryEvents(id)) {
                ids.incrementAndGet();
            }
        } catch (NotCarriedException e) {
            failed.incrementAndGet();
            synchronized (notCarried) {
                notCarried.accept(id, e.getMessage());
            }
        }
    }

    /** Whether the persistence id is in the target now as it is in the source. */
    private boolean carryEvents(String id) {
        long highest = source.highest(id);
        long there = target.highest(id);
        List<Carried> first = source.read(id, 1, 1);
        if (there > highest) {
            throw new NotCarriedException(
                    "the target has it up to " + there + ", the source up to " + highest + "; nothing was changed");
        }
        if (first.isEmpty()) {
            return carryDeleted(id, highest);
        }
        if (there > 0) {
            compare(id, there);
            alreadyThere.incrementAndGet();
        }
        for (long from = there + 1; from <= highest; ) {
            if (isAskedToStop.getAsBoolean()) {
                return false;
            }
            List<Carried> some = source.read(id, from, EVENTS_AT_ONCE);
            if (some.isEmpty()) {
                break;
            }
            target.write(id, some);
            events.addAndGet(some.size());
            from = some.get(some.size() - 1).sequenceNr() + 1;
        }
        if (first.get(0).sequenceNr() > 1) {
            target.deleteTo(id, first.get(0).sequenceNr() - 1);
            deletedPrefixes.incrementAndGet();
        }
        long now = target.highest(id);
        if (now != highest) {
            throw new NotCarriedException("the source has it up to " + highest + ", the target up to " + now);
        }
        return true;
    }

    private boolean carryDeleted(String id, long highest) {
        if (highest == 0) {
            return false;
        }
        if (!target.takeOverDeleted(id, highest)) {
            throw new NotCarriedException("its events are all deleted, up to " + highest
                    + ", and the target cannot be told so: there it would begin at 1 again");
        }
        deletedPrefixes.incrementAndGet();
        return true;
    }

    /** What is there must be what an earlier run carried. */
    private void compare(String id, long there) {
        List<Carried> same = source.read(id, there, 1);
        boolean isLeft = !same.isEmpty() && same.get(0).sequenceNr() == there;
        if (isLeft && !target.holds(id, same.get(0))) {
            throw new NotCarriedException(
                    "the target has another event " + there + " than the source; nothing was changed");
        }
    }
}
