package dev.varve.server.http;

import dev.varve.cluster.TopicAppend;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.server.records.Partitioner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Appends records to the partitions of their keys. Those of a request that go to one partition are one batch, and those without a key
 * all go to one partition, another one each time. Any thread.
 */
final class Spread {
    private final Partitions partitions;
    private final AtomicInteger turn = new AtomicInteger();

    Spread(Partitions partitions) {
        this.partitions = partitions;
    }

    /**
     * What became of a record.
     *
     * @param offset its offset; nothing to go by if there is a problem
     * @param problem why it is not stored, or null
     */
    record Fate(int partition, long offset, Problem problem) {}

    /** Appends records; gives what became of each, in their order. Never fails. */
    CompletionStage<List<Fate>> append(String topic, int partitionCount, List<NewRecord> records) {
        int withoutKey = Math.floorMod(turn.getAndIncrement(), partitionCount);
        int[] partitionOf = new int[records.size()];
        Map<Integer, List<NewRecord>> batches = new HashMap<>();
        for (int i = 0; i < partitionOf.length; i++) {
            byte[] key = records.get(i).key();
            partitionOf[i] = key == null ? withoutKey : Partitioner.partitionOf(key, partitionCount);
            batches.computeIfAbsent(partitionOf[i], p -> new ArrayList<>()).add(records.get(i));
        }
        List<TopicAppend> appends = new ArrayList<>(batches.size());
        batches.forEach((partition, batch) -> appends.add(new TopicAppend(topic, partition, batch, Optional.empty())));
        List<CompletionStage<Appended>> answers = partitions.append(appends);
        Map<Integer, CompletableFuture<Fate>> firsts = new HashMap<>();
        for (int i = 0; i < appends.size(); i++) {
            int partition = appends.get(i).partition();
            firsts.put(
                    partition,
                    answers.get(i)
                            .handle((appended, failure) -> fate(partition, appended, failure))
                            .toCompletableFuture());
        }
        return CompletableFuture.allOf(firsts.values().toArray(CompletableFuture[]::new))
                .thenApply(done -> fates(partitionOf, firsts));
    }

    private static Fate fate(int partition, Appended appended, Throwable failure) {
        return failure == null
                ? new Fate(partition, appended.baseOffset(), null)
                : new Fate(partition, -1, Problems.of(failure));
    }

    private static List<Fate> fates(int[] partitionOf, Map<Integer, CompletableFuture<Fate>> firsts) {
        Map<Integer, Fate> next = new HashMap<>();
        firsts.forEach((partition, fate) -> next.put(partition, fate.join()));
        List<Fate> fates = new ArrayList<>(partitionOf.length);
        for (int partition : partitionOf) {
            Fate fate = next.get(partition);
            fates.add(fate);
            next.put(partition, new Fate(partition, fate.offset() + 1, fate.problem()));
        }
        return fates;
    }
}
