package dev.varve.persistence.query;

import dev.varve.partition.PartitionActor.Tail;
import dev.varve.persistence.storage.PartitionRequests;
import dev.varve.persistence.storage.PersistenceIdPages;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/** The queries for persistence ids: partition by partition, in each of them in the order in which it lists its keys. */
final class PersistenceIds {
    private final PartitionRequests requests;
    private final LogOrderQueries logs;

    PersistenceIds(PartitionRequests requests, LogOrderQueries logs) {
        this.requests = requests;
        this.logs = logs;
    }

    /** Those behind one, or from the first on. */
    Source<String, NotUsed> after(Optional<String> persistenceId, long limit) {
        return PersistenceIdPages.after(requests, persistenceId, limit);
    }

    private static String text(byte[] key) {
        return new String(key, StandardCharsets.UTF_8);
    }

    /** All that there are, then those that come: from where the logs ended before the listing began. */
    Source<String, NotUsed> live() {
        return Source.lazyCompletionStageSource(() -> ends().thenApply(ends -> after(Optional.empty(), Long.MAX_VALUE)
                        .concatLazy(logs.merged(Positions.at(0, ends), true)
                                .map(placed -> text(placed.record().key())))
                        .statefulMapConcat(() -> {
                            Set<String> told = new HashSet<>();
                            return id -> told.add(id) ? List.of(id) : List.of();
                        })))
                .mapMaterializedValue(ready -> NotUsed.getInstance());
    }

    private CompletionStage<long[]> ends() {
        List<CompletableFuture<Tail>> tails = IntStream.range(
                        0, requests.partitions().count())
                .mapToObj(partition -> requests.tail(partition).toCompletableFuture())
                .toList();
        return CompletableFuture.allOf(tails.toArray(CompletableFuture[]::new)).thenApply(all -> tails.stream()
                .mapToLong(tail -> tail.join().logEndOffset())
                .toArray());
    }
}
