package dev.varve.persistence.storage;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;

/** The persistence ids of a store as a stream: partition by partition, in each of them in the order in which it lists its keys. */
public final class PersistenceIdPages {
    private static final int PAGE = 1000;

    private PersistenceIdPages() {}

    /** Where the next page begins; {@code after} is empty at the beginning of a partition. */
    private record Place(int partition, Optional<byte[]> after) {}

    /**
     * Persistence ids, asked for a page at a time.
     *
     * @param persistenceId behind which to go on, whether there is such a one or not; empty for the first ones
     * @param limit how many at most, 1 or more
     */
    public static Source<String, NotUsed> after(
            PartitionRequests requests, Optional<String> persistenceId, long limit) {
        int page = (int) Math.min(PAGE, limit);
        Place start = persistenceId
                .map(id -> new Place(requests.partitions().partitionOf(id), Optional.of(key(id))))
                .orElse(new Place(0, Optional.empty()));
        return Source.unfoldAsync(start, place -> page(requests, place, page))
                .mapConcat(ids -> ids)
                .take(limit);
    }

    private static CompletionStage<Optional<Pair<Place, List<String>>>> page(
            PartitionRequests requests, Place place, int limit) {
        if (place.partition() == requests.partitions().count()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return requests.keysAfter(place.partition(), place.after(), limit).thenApply(keys -> {
            Place next = keys.size() < limit
                    ? new Place(place.partition() + 1, Optional.empty())
                    : new Place(place.partition(), Optional.of(keys.get(keys.size() - 1)));
            return Optional.of(Pair.create(
                    next, keys.stream().map(PersistenceIdPages::text).toList()));
        });
    }

    private static byte[] key(String persistenceId) {
        return persistenceId.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] key) {
        return new String(key, StandardCharsets.UTF_8);
    }
}
