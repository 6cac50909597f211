package dev.varve.persistence.journal;

import dev.varve.log.KeyCondition;
import dev.varve.log.KeyState;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.KeyRecords;
import dev.varve.partition.PartitionError;
import dev.varve.persistence.storage.PartitionRequests;
import dev.varve.persistence.storage.StorageException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Lets the writes of one partition through, in the order in which they come, and refuses those of a second writer. What is on its way is
 * judged as if it were stored; the partition checks that, so a write that was let through behind one that failed fails too. Thread-safe,
 * never blocks; answers are given outside its lock.
 */
final class WriteGate {
    /** So many persistence ids are remembered while nobody writes to them. */
    private static final int KEPT = 10_000;

    /** The writer of the last event is not known yet. */
    private static final String NOT_LOOKED_UP = null;

    private static final String NOBODY = "";

    /**
     * A write of events that are stored together.
     *
     * @param done told null when they are stored, else why not
     */
    record Write(
            String persistenceId,
            long first,
            long last,
            String writer,
            List<NewRecord> records,
            Consumer<Throwable> done) {}

    /** Something that waits for its turn with a persistence id. */
    private interface Turn {
        /**
         * Called with the lock.
         *
         * @param after what is to be done once the lock is released: answers, and questions, which may be answered on the spot
         * @return whether it has had its turn; else it is to be called again when something has changed
         */
        boolean take(Entry entry, List<Runnable> after);

        /** Called with the lock, in place of a turn. */
        void fail(Entry entry, Throwable cause, List<Runnable> after);

        /** Called with the lock when it begins to wait. */
        default void queued(Entry entry) {}
    }

    /**
     * A write that was not stored. What its writer has behind it rests on it, so nothing of that is stored either, until the writer begins
     * with it anew.
     */
    private record Failed(String writer, long first, Throwable cause) {
        boolean isBefore(Write write) {
            return write.first() > first && write.writer().equals(writer);
        }
    }

    /** What is known of a persistence id. */
    private static final class Entry {
        final String persistenceId;
        final byte[] key;
        final Deque<Turn> turns = new ArrayDeque<>(2);
        boolean isKnown;
        /** How often it was looked up. */
        long lookUps;
        /** Whether it waits for the partition's answer to a question. */
        boolean isAsking;
        /** The highest sequence number, with those on their way. */
        long highest;

        String lastWriter = NOT_LOOKED_UP;
        int onTheirWay;
        /** Whether a write failed, so that what is known is void when those on their way are settled. */
        boolean isBroken;
        /** The first of the writes that failed last; null if there is none, or its writer has gone on. */
        Failed failed;

        Entry(String persistenceId) {
            this.persistenceId = persistenceId;
            this.key = StoredEvent.key(persistenceId);
        }

        void failed(Write write, Throwable cause) {
            if (failed == null || !failed.isBefore(write)) {
                failed = new Failed(write.writer(), write.first(), cause);
            }
        }

        void goesOn(Write write) {
            if (failed != null && failed.writer().equals(write.writer())) {
                failed = null;
            }
        }

        boolean isIdle() {
            return onTheirWay == 0 && turns.isEmpty() && !isAsking;
        }
    }

    private final PartitionRequests requests;
    private final int partition;
    /** Whether other processes may write, too. */
    private final boolean isShared;

    private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Entry> eldest) {
            return size() > KEPT && eldest.getValue().isIdle();
        }
    };

    WriteGate(PartitionRequests requests, int partition) {
        this.requests = requests;
        this.partition = partition;
        this.isShared = requests.partitions().isShared();
    }

    /** Stores events or says why not; writes of one persistence id in the order in which they come. */
    void write(Write write) {
        turn(write.persistenceId(), new Turn() {
            @Override
            public boolean take(Entry entry, List<Runnable> after) {
                return admit(entry, write, after);
            }

            @Override
            public void fail(Entry entry, Throwable cause, List<Runnable> after) {
                refuse(entry, write, cause, after);
            }
        });
    }

    /**
     * Events were rejected before they came here, so the sequence numbers will have a gap: the same writer goes on behind it, even if it
     * has not written before.
     */
    void rejected(String persistenceId, long first, String writer) {
        turn(persistenceId, new Turn() {
            @Override
            public boolean take(Entry entry, List<Runnable> after) {
                if (first == entry.highest + 1) {
                    entry.lastWriter = writer;
                }
                return true;
            }

            @Override
            public void fail(Entry entry, Throwable cause, List<Runnable> after) {
                // Then the next write is judged without.
            }
        });
    }

    /** The highest sequence number once all writes that came before are settled; 0 if there is none. */
    CompletionStage<Long> highestSequenceNr(String persistenceId) {
        return whenSettled(persistenceId, entry -> CompletableFuture.completedFuture(entry.highest), true);
    }

    /** Deletes events up to a sequence number, or up to the highest if that is less, once all writes that came before are settled. */
    CompletionStage<Void> deleteTo(String persistenceId, long toSequenceNr) {
        return whenSettled(
                persistenceId,
                entry -> {
                    long to = Math.min(toSequenceNr, entry.highest);
                    return to < 1
                            ? CompletableFuture.completedFuture(null)
                            : requests.delete(partition, entry.key, to, entry.highest);
                },
                true);
    }

    /** Deletes events up to a sequence number that is the highest from now on, once all writes that came before are settled. */
    CompletionStage<Void> takeOverDeleted(String persistenceId, long highestSequenceNr) {
        return whenSettled(
                persistenceId,
                entry -> requests.delete(
                        partition, entry.key, highestSequenceNr, Math.max(highestSequenceNr, entry.highest)),
                false);
    }

    /** Forgets a persistence id, its highest sequence number too, once all writes that came before are settled. */
    CompletionStage<Void> forget(String persistenceId) {
        return whenSettled(persistenceId, entry -> requests.forget(partition, entry.key), false);
    }

    /** @param staysKnown whether what is known of the persistence id is still so afterwards */
    private <T> CompletionStage<T> whenSettled(
            String persistenceId, Function<Entry, CompletionStage<T>> action, boolean staysKnown) {
        CompletableFuture<T> result = new CompletableFuture<>();
        turn(persistenceId, new Turn() {
            /** Others may write too, so whoever recovers or deletes must not rely on what was looked up before. */
            private long lookUpsBefore = -1;

            @Override
            public void queued(Entry entry) {
                if (isShared) {
                    lookUpsBefore = entry.lookUps;
                }
            }

            @Override
            public boolean take(Entry entry, List<Runnable> after) {
                if (entry.onTheirWay > 0) {
                    return false;
                }
                if (entry.lookUps == lookUpsBefore) {
                    entry.isKnown = false;
                    return false;
                }
                entry.isAsking = true;
                after.add(() -> action.apply(entry).whenComplete((value, failure) -> {
                    answered(entry, staysKnown);
                    if (failure == null) {
                        result.complete(value);
                    } else {
                        result.completeExceptionally(failure);
                    }
                }));
                return true;
            }

            @Override
            public void fail(Entry entry, Throwable cause, List<Runnable> after) {
                after.add(() -> result.completeExceptionally(cause));
            }
        });
        return result;
    }

    private void turn(String persistenceId, Turn turn) {
        List<Runnable> after = new ArrayList<>(1);
        synchronized (entries) {
            Entry entry = entries.computeIfAbsent(persistenceId, Entry::new);
            entry.turns.add(turn);
            turn.queued(entry);
            proceed(entry, after);
        }
        after.forEach(Runnable::run);
    }

    /** Takes turns until something has to be waited for. To be called with the lock; what comes out is told after it is released. */
    private void proceed(Entry entry, List<Runnable> after) {
        while (!entry.turns.isEmpty() && !entry.isAsking) {
            if (entry.isBroken && entry.onTheirWay == 0) {
                entry.isBroken = false;
                entry.isKnown = false;
            }
            if (entry.isBroken) {
                return;
            }
            if (!entry.isKnown) {
                lookUp(entry, after);
                return;
            }
            // Out of the way of whoever comes here because it is answered on the spot.
            Turn turn = entry.turns.remove();
            if (!turn.take(entry, after)) {
                entry.turns.addFirst(turn);
                if (entry.isKnown) {
                    return;
                }
            }
        }
    }

    private void lookUp(Entry entry, List<Runnable> after) {
        entry.isAsking = true;
        entry.lookUps++;
        after.add(() -> requests.lookUp(partition, entry.key)
                .whenComplete((state, failure) -> lookedUp(entry, state, failure)));
    }

    private void lookedUp(Entry entry, KeyState state, Throwable failure) {
        List<Runnable> after = new ArrayList<>();
        synchronized (entries) {
            entry.isAsking = false;
            if (failure == null) {
                entry.isKnown = true;
                entry.highest = state.highestSequence();
                entry.lastWriter = entry.highest == 0 ? NOBODY : NOT_LOOKED_UP;
            } else {
                List<Turn> failed = List.copyOf(entry.turns);
                entry.turns.clear();
                failed.forEach(turn -> turn.fail(entry, failure, after));
            }
            proceed(entry, after);
        }
        after.forEach(Runnable::run);
    }

    private void answered(Entry entry, boolean isKnown) {
        List<Runnable> after = new ArrayList<>();
        synchronized (entries) {
            entry.isAsking = false;
            entry.isKnown &= isKnown;
            proceed(entry, after);
        }
        after.forEach(Runnable::run);
    }

    private boolean admit(Entry entry, Write write, List<Runnable> after) {
        if (entry.failed != null && entry.failed.isBefore(write)) {
            refuse(entry, write, entry.failed.cause(), after);
            return true;
        }
        long next = entry.highest + 1;
        if (write.first() == next || (write.first() > next && entry.highest == 0)) {
            send(entry, write);
            return true;
        }
        if (write.first() > next) {
            if (entry.lastWriter == NOT_LOOKED_UP) {
                lookUpWriter(entry, after);
                return false;
            }
            if (write.writer().equals(entry.lastWriter)) {
                send(entry, write);
            } else {
                refuse(entry, write, conflict(write, entry.highest, entry.lastWriter), after);
            }
            return true;
        }
        if (entry.onTheirWay > 0) {
            return false;
        }
        compare(entry, write, after);
        return true;
    }

    private static void refuse(Entry entry, Write write, Throwable cause, List<Runnable> after) {
        entry.failed(write, cause);
        after.add(() -> write.done().accept(cause));
    }

    private void send(Entry entry, Write write) {
        KeyCondition condition = new KeyCondition(entry.key, entry.highest);
        entry.highest = write.last();
        entry.lastWriter = write.writer();
        entry.goesOn(write);
        entry.onTheirWay++;
        requests.partitions().append(partition, write.records(), condition, reply -> settled(entry, write, reply));
    }

    private void settled(Entry entry, Write write, AppendReply reply) {
        Optional<PartitionError> error = PartitionRequests.errorOf(reply);
        List<Runnable> after = new ArrayList<>(0);
        synchronized (entries) {
            entry.onTheirWay--;
            if (error.isPresent()) {
                entry.isBroken = true;
                entry.failed(write, new StorageException(error.get()));
            }
            proceed(entry, after);
        }
        if (error.isPresent() && error.get() instanceof PartitionError.KeyConflict) {
            explain(entry, write, new StorageException(error.get()));
        } else {
            write.done().accept(error.map(StorageException::new).orElse(null));
        }
        after.forEach(Runnable::run);
    }

    /** The partition holds other events than this gate believed: what does it hold? */
    private void explain(Entry entry, Write write, StorageException refusal) {
        requests.lookUp(partition, entry.key)
                .thenCompose(state -> readFrom(entry, Math.max(1, state.highestSequence()))
                        .thenApply(read -> conflict(write, state.highestSequence(), lastWriter(read))))
                .whenComplete((conflict, failure) -> {
                    // A write behind one that failed finds less than it expects: that is no second writer.
                    boolean isSecond = failure == null && conflict.highestSequenceNr() >= write.first();
                    write.done().accept(isSecond ? conflict : refusal);
                });
    }

    private static DoubleWriterException conflict(Write write, long highest, String lastWriter) {
        return new DoubleWriterException(
                write.persistenceId(), write.first(), write.last(), write.writer(), highest, lastWriter);
    }

    private CompletionStage<KeyRecords> readFrom(Entry entry, long sequenceNr) {
        return requests.readKey(partition, entry.key, sequenceNr, 0, 1 << 20);
    }

    private static String lastWriter(KeyRecords read) {
        List<LogRecord> records = read.records();
        return records.isEmpty()
                ? NOBODY
                : StoredEvent.of(records.get(records.size() - 1)).writerUuid();
    }

    private void lookUpWriter(Entry entry, List<Runnable> after) {
        entry.isAsking = true;
        after.add(() -> readFrom(entry, entry.highest)
                .thenApply(WriteGate::lastWriter)
                .whenComplete((writer, failure) -> {
                    List<Runnable> failed = new ArrayList<>(0);
                    synchronized (entries) {
                        if (failure == null) {
                            entry.lastWriter = writer;
                        } else {
                            // The one that wanted to know.
                            entry.turns.remove().fail(entry, failure, failed);
                        }
                    }
                    answered(entry, true);
                    failed.forEach(Runnable::run);
                }));
    }

    /** Events at or below the highest sequence number: acknowledged again if they are the same, by the same writer, else refused. */
    private void compare(Entry entry, Write write, List<Runnable> after) {
        entry.isAsking = true;
        long highest = entry.highest;
        after.add(() -> requests.readKey(
                        partition,
                        entry.key,
                        write.first(),
                        0,
                        requests.partitions().maxBatchBytes())
                .thenApply(read -> isSame(read, write) ? null : conflict(write, highest, lastWriter(read)))
                .whenComplete((refusal, failure) -> {
                    Throwable cause = failure == null ? refusal : failure;
                    if (cause != null) {
                        synchronized (entries) {
                            entry.failed(write, cause);
                        }
                    }
                    answered(entry, true);
                    write.done().accept(cause);
                }));
    }

    private static boolean isSame(KeyRecords read, Write write) {
        List<LogRecord> stored = read.records().stream()
                .filter(record -> record.keySequence() <= write.last())
                .toList();
        if (stored.size() != write.records().size()) {
            return false;
        }
        for (int i = 0; i < stored.size(); i++) {
            LogRecord before = stored.get(i);
            NewRecord again = write.records().get(i);
            // The value has the writer in it. The time at which it is written again is of no concern.
            if (before.keySequence() != again.keySequence() || !Arrays.equals(before.value(), again.value())) {
                return false;
            }
        }
        return true;
    }
}
