package dev.varve.persistence.storage;

import dev.varve.log.KeyCondition;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Command;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.persistence.Persistence;

/**
 * The port between plugins and logs: a fixed number of partitions, each of which has a contiguous range of Pekko's 1024 slices and finds
 * records by key. All methods may be called from any thread and none blocks.
 */
public interface Partitions {
    /** Pekko has that many slices, for ever. */
    int SLICES = 1024;

    /** How many partitions there are; from 1 to {@link #SLICES}, fixed when they are made. */
    int count();

    /** The most bytes that a batch may have, see {@link dev.varve.log.Commit#batchBytes}. */
    int maxBatchBytes();

    /** One of the partitions, from 0 on. */
    RecipientRef<Command> partition(int index);

    /**
     * Appends a batch to a partition.
     *
     * @param records one or more; neither they nor the list may change any more
     * @param condition what must be so for the batch to be stored
     * @param reply told the answer once, on any thread: must neither block nor throw
     */
    void append(int index, List<NewRecord> records, KeyCondition condition, Consumer<AppendReply> reply);

    /**
     * Whether other processes write to them too. Then what one of them remembers of a key may be out of date: it is enough for a write, whose
     * condition is checked, and must be looked up again for whoever recovers or deletes.
     */
    default boolean isShared() {
        return false;
    }

    /** Gives back what this process holds of them; completes when that is done. For whoever opened them, once. */
    default CompletionStage<Done> close() {
        return CompletableFuture.completedFuture(Done.getInstance());
    }

    /** The partition of a slice. */
    default int partitionOf(int slice) {
        return partitionOf(slice, count());
    }

    /** The partition of a slice among so many. */
    static int partitionOf(int slice, int count) {
        return (int) ((long) slice * count / SLICES);
    }

    /** The least slice of a partition. */
    default int firstSlice(int index) {
        return (int) (((long) index * SLICES + count() - 1) / count());
    }

    /** The partition of a persistence id. */
    default int partitionOf(String persistenceId) {
        return count() == 1 ? 0 : partitionOf(slice(persistenceId));
    }

    /** The slice of a persistence id, as {@link Persistence#sliceForPersistenceId} has it. */
    static int slice(String persistenceId) {
        return Math.abs(persistenceId.hashCode() % SLICES);
    }
}
