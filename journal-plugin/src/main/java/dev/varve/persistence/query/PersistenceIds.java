package dev.varve.persistence.query;

import dev.varve.partition.PartitionActor.Tail;
import dev.varve.persistence.journal.StoredEvent;
import dev.varve.persistence.storage.PartitionRequests;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;

/** The queries for persistence ids: partition by partition, in each of them in the order in which it lists its keys. */
final class PersistenceIds {
    private static final int PAGE = 1000;

    private final PartitionRequests requests;
    private final LogOrderQueries logs;

    PersistenceIds(PartitionRequests requests, LogOrderQueries logs) {
        this.requests = requests;
        this.logs = logs;
    }

    /** Where the next page begins; {@code after} is empty at the beginning of a partition. */
    private record Place(int partition, Optional<byte[]> after) {}

    /** Those behind one, or from the first on. */
    Source<String, NotUsed> after(Optional<String> persistenceId, long limit) {
        int page = (int) Math.min(PAGE, limit);
        Place start = persistenceId
                .map(id -> new Place(requests.partitions().partitionOf(id), Optional.of(StoredEvent.key(id))))
                .orElse(new Place(0, Optional.empty()));
        return Source.unfoldAsync(start, place -> page(place, page))
                .mapConcat(ids -> ids)
                .take(limit);
    }

    private CompletionStage<Optional<Pair<Place, List<String>>>> page(Place place, int limit) {
        if (place.partition() == requests.partitions().count()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return requests.keysAfter(place.partition(), place.after(), limit).thenApply(keys -> {
            Place next = keys.size() < limit
                    ? new Place(place.partition() + 1, Optional.empty())
                    : new Place(place.partition(), Optional.of(keys.get(keys.size() - 1)));
            return Optional.of(
                    Pair.create(next, keys.stream().map(PersistenceIds::text).toList()));
        });
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
