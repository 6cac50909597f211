package dev.varve.persistence.snapshot;

import dev.varve.log.KeyState;
import dev.varve.log.format.LogRecord;
import dev.varve.partition.PartitionActor.KeyRecords;
import dev.varve.partition.PartitionError;
import dev.varve.persistence.storage.PartitionRequests;
import dev.varve.persistence.storage.Stages;
import dev.varve.persistence.storage.StorageException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Reads the records of one persistence id; what cannot be read is told, not thrown. Immutable. */
final class SnapshotReads {
    /** How much of the snapshots that are not asked for themselves is held at a time. */
    private static final int STEP_BYTES = 1 << 20;

    private final PartitionRequests requests;
    private final int partition;
    private final byte[] key;

    SnapshotReads(PartitionRequests requests, String persistenceId) {
        this.requests = requests;
        this.partition = requests.partitions().partitionOf(persistenceId);
        this.key = SnapshotRecord.key(persistenceId);
    }

    /** A record, or why it cannot be read. */
    sealed interface Found {
        /** @param offset where it lies in the log */
        record Readable(SnapshotRecord record, long offset) implements Found {}

        record Unreadable(String problem) implements Found {}
    }

    CompletionStage<KeyState> lookUp() {
        return requests.lookUp(partition, key);
    }

    /**
     * Reads one record that there must be.
     *
     * @param fromOffset the least offset that it can have
     * @param lastOffset the greatest offset that it can have
     */
    CompletionStage<Found> read(long number, long fromOffset, long lastOffset) {
        return read(number, fromOffset, lastOffset, "the log has no record of it any more");
    }

    private CompletionStage<Found> read(long number, long fromOffset, long lastOffset, String problem) {
        if (fromOffset > lastOffset) {
            return CompletableFuture.completedFuture(new Found.Unreadable(problem));
        }
        return behindDamage(
                requests.readKey(partition, key, number, fromOffset, 0),
                read -> read.records().isEmpty() || read.records().get(0).keySequence() != number
                        ? CompletableFuture.completedFuture(new Found.Unreadable(problem))
                        : CompletableFuture.completedFuture(parse(read.records().get(0))),
                // It may be that other records are damaged, and this one lies behind them.
                damage -> read(number, Math.max(fromOffset, damage.lastOffset()) + 1, lastOffset, damage.message()));
    }

    private static Found parse(LogRecord record) {
        try {
            return new Found.Readable(SnapshotRecord.of(record), record.offset());
        } catch (SnapshotRecord.MalformedSnapshotException e) {
            return new Found.Unreadable(e.getMessage());
        }
    }

    /** Reads all records, which are many megabytes perhaps, but does not hold them. */
    CompletionStage<Catalog> catalog() {
        return lookUp().thenCompose(state -> new CatalogRead(state).from(0));
    }

    private final class CatalogRead {
        private final KeyState state;
        private final Catalog catalog = new Catalog();
        private long next;
        private String problem = "the log has no record of it any more";

        CatalogRead(KeyState state) {
            this.state = state;
            this.next = state.deletedTo() + 1;
        }

        CompletionStage<Catalog> from(long offset) {
            if (offset > state.lastOffset()) {
                missingUpTo(state.highestSequence());
                return CompletableFuture.completedFuture(catalog);
            }
            return behindDamage(
                    requests.readKey(partition, key, next, offset, STEP_BYTES),
                    read -> {
                        read.records().forEach(this::add);
                        return from(read.isComplete() ? Long.MAX_VALUE : read.nextOffset());
                    },
                    damage -> {
                        problem = damage.message();
                        return from(Math.max(offset, damage.lastOffset()) + 1);
                    });
        }

        private void add(LogRecord record) {
            if (record.keySequence() < next) {
                return;
            }
            missingUpTo(record.keySequence() - 1);
            next = record.keySequence() + 1;
            Found found = parse(record);
            if (found instanceof Found.Readable readable) {
                catalog.add(readable.record());
            } else {
                catalog.addUnreadable(record.keySequence(), ((Found.Unreadable) found).problem());
            }
        }

        private void missingUpTo(long number) {
            for (; next <= number; next++) {
                catalog.addUnreadable(next, problem);
            }
        }
    }

    private interface Step<A, T> {
        CompletionStage<T> apply(A answer);
    }

    /** Goes on with what was read, or behind what is damaged. Anything else that goes wrong is thrown. */
    private static <T> CompletionStage<T> behindDamage(
            CompletionStage<KeyRecords> read,
            Step<KeyRecords, T> whenRead,
            Step<PartitionError.Corrupt, T> whenDamaged) {
        return read.handle((records, failure) -> {
                    if (failure == null) {
                        return whenRead.apply(records);
                    }
                    Throwable cause = Stages.cause(failure);
                    return cause instanceof StorageException storage
                                    && storage.error() instanceof PartitionError.Corrupt damage
                            ? whenDamaged.apply(damage)
                            : CompletableFuture.<T>failedFuture(cause);
                })
                .thenCompose(stage -> stage);
    }
}
