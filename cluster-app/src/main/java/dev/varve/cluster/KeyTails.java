package dev.varve.cluster;

import dev.varve.log.Commit;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Those who wait for a record of a key. Any thread. */
final class KeyTails {
    private final Map<ByteBuffer, Set<CompletableFuture<Boolean>>> byKey = new HashMap<>();
    private int waiting;
    private boolean ended;

    /**
     * Waits for a record of a key to be stored from now on.
     *
     * @param key not copied
     * @return completes with false if the partition goes away; complete it to give up. Completed by the thread that applies entries, so
     *     whatever comes behind it belongs on another one
     * @throws Tails.TooManyException if more wait than may
     */
    CompletableFuture<Boolean> await(byte[] key) {
        CompletableFuture<Boolean> stored = new CompletableFuture<>();
        ByteBuffer wrapped = ByteBuffer.wrap(key);
        synchronized (this) {
            if (ended) {
                return CompletableFuture.completedFuture(false);
            }
            if (waiting >= Tails.MAX_WAITING) {
                throw new Tails.TooManyException();
            }
            byKey.computeIfAbsent(wrapped, unknown -> new LinkedHashSet<>(2)).add(stored);
            waiting++;
        }
        // Whoever gives up makes room for others at once.
        stored.whenComplete((told, givenUp) -> forget(wrapped, stored));
        return stored;
    }

    private synchronized void forget(ByteBuffer key, CompletableFuture<Boolean> waiter) {
        byKey.computeIfPresent(key, (same, waiters) -> {
            if (waiters.remove(waiter)) {
                waiting--;
            }
            return waiters.isEmpty() ? null : waiters;
        });
    }

    /** A commit is in the log. */
    void stored(Commit commit) {
        List<CompletableFuture<Boolean>> due = new ArrayList<>();
        synchronized (this) {
            if (waiting > 0) {
                commit.forEachStoredKey(key -> take(ByteBuffer.wrap(key), due));
            }
        }
        due.forEach(each -> each.complete(true));
    }

    private void take(ByteBuffer key, List<CompletableFuture<Boolean>> due) {
        Set<CompletableFuture<Boolean>> waiters = byKey.remove(key);
        if (waiters != null) {
            waiting -= waiters.size();
            due.addAll(waiters);
        }
    }

    /** Records of whatever keys may be there that nobody told of. */
    void tellAll() {
        takeAll(false).forEach(each -> each.complete(true));
    }

    /** The partition goes away. */
    void end() {
        takeAll(true).forEach(each -> each.complete(false));
    }

    private synchronized List<CompletableFuture<Boolean>> takeAll(boolean isEnd) {
        ended |= isEnd;
        List<CompletableFuture<Boolean>> left = new ArrayList<>();
        byKey.values().forEach(left::addAll);
        byKey.clear();
        waiting = 0;
        return left;
    }
}
