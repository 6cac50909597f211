package dev.varve.persistence.query;

import dev.varve.log.format.LogRecord;
import dev.varve.partition.PartitionError;
import dev.varve.partition.PartitionException;
import dev.varve.partition.PartitionSource;
import dev.varve.persistence.journal.StoredEvent;
import dev.varve.persistence.storage.PartitionRequests;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.pf.PFBuilder;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.TimestampOffset;
import org.apache.pekko.stream.javadsl.Merge;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Queries that read partitions in the order of their logs. Within a partition that is the order of what they give; several are merged as
 * they come, and each element's offset says how far all of them were when it was given.
 */
final class LogOrderQueries {
    private static final Comparator<Placed> BY_TIMESTAMP =
            Comparator.comparingLong(placed -> placed.record().timestamp());

    private final PartitionRequests requests;
    private final PartitionSource.Options options;

    /** @param stepBytes how much of a partition is read at a time */
    LogOrderQueries(PartitionRequests requests, int stepBytes) {
        this.requests = requests;
        this.options = PartitionSource.Options.DEFAULT.withMaxBytes(stepBytes).withoutDeletedRecords();
    }

    /**
     * What a query is about.
     *
     * @param <T> what it gives
     * @param first the first partition
     * @param count how many there are
     * @param isLive whether it goes on with what is appended later
     * @param wanted the event of a record, or null if it is not wanted
     * @param envelopes makes of an event and its offset what is given
     */
    record Query<T>(
            int first,
            int count,
            boolean isLive,
            Function<LogRecord, StoredEvent> wanted,
            BiFunction<StoredEvent, Offset, List<T>> envelopes) {

        Query<T> wanting(Function<LogRecord, StoredEvent> others) {
            return new Query<>(first, count, isLive, others, envelopes);
        }

        private List<T> take(LogRecord record, int partition, Positions positions) {
            StoredEvent event = wanted.apply(record);
            positions.passed(partition, record.offset());
            return event == null ? List.of() : envelopes.apply(event, positions.offset());
        }
    }

    /**
     * Runs a query.
     *
     * @throws IllegalArgumentException if it is no offset for this query
     */
    <T> Source<T, NotUsed> run(Query<T> query, Offset behind) {
        if (behind instanceof TimestampOffset timestamp) {
            Map<String, Long> seen = timestamp.getSeen();
            Query<T> unseen = query.wanting(
                    record -> isSeen(record, seen) ? null : query.wanted().apply(record));
            return Source.lazyCompletionStageSource(
                            () -> startAt(timestamp, query).thenApply(start -> from(start, unseen)))
                    .mapMaterializedValue(ready -> NotUsed.getInstance());
        }
        Positions start = Positions.behind(behind, query.first(), query.count(), requests.partitions());
        return from(start, query);
    }

    private <T> Source<T, NotUsed> from(Positions start, Query<T> query) {
        if (query.count() == 1) {
            int partition = query.first();
            return records(partition, start.next(partition), query.isLive()).statefulMapConcat(() -> {
                Positions positions = Positions.at(partition, new long[1]);
                return record -> query.take(record, partition, positions);
            });
        }
        return merged(start, query.isLive()).statefulMapConcat(() -> {
            long[] next = IntStream.range(query.first(), query.first() + query.count())
                    .mapToLong(start::next)
                    .toArray();
            Positions positions = Positions.at(query.first(), next);
            return placed -> query.take(placed.record(), placed.partition(), positions);
        });
    }

    /** A record and where it is. */
    record Placed(int partition, LogRecord record) {}

    /**
     * The records of several partitions from some positions on. Those that are there are merged by their timestamps, so that the order is
     * the same each time; live ones as they come, for nobody knows what another partition will bring.
     */
    Source<Placed, NotUsed> merged(Positions start, boolean isLive) {
        List<Source<Placed, NotUsed>> sources = IntStream.range(start.first(), start.first() + start.count())
                .mapToObj(partition ->
                        records(partition, start.next(partition), isLive).map(record -> new Placed(partition, record)))
                .toList();
        if (sources.size() == 1 || !isLive) {
            return sorted(sources);
        }
        return Source.combine(sources, Merge::<Placed>create).mapMaterializedValue(all -> NotUsed.getInstance());
    }

    private static Source<Placed, NotUsed> sorted(List<Source<Placed, NotUsed>> sources) {
        int half = sources.size() / 2;
        return half == 0
                ? sources.get(0)
                : sorted(sources.subList(0, half))
                        .mergeSorted(sorted(sources.subList(half, sources.size())), BY_TIMESTAMP);
    }

    private Source<LogRecord, NotUsed> records(int partition, long fromOffset, boolean isLive) {
        return attempt(partition, fromOffset, isLive)
                .recoverWithRetries(
                        -1,
                        new PFBuilder<Throwable, Source<LogRecord, NotUsed>>()
                                .match(
                                        PartitionException.class,
                                        failure -> failure.error() instanceof PartitionError.BelowLogStart,
                                        // All events below the log start are deleted.
                                        failure -> attempt(
                                                partition,
                                                ((PartitionError.BelowLogStart) failure.error()).logStartOffset(),
                                                isLive))
                                .build());
    }

    private Source<LogRecord, NotUsed> attempt(int partition, long fromOffset, boolean isLive) {
        var ref = requests.partitions().partition(partition);
        return isLive
                ? PartitionSource.follow(ref, fromOffset, options)
                : PartitionSource.upToEnd(ref, fromOffset, options);
    }

    /** The first records that are not older; or the end, as it was before it was found that there are none. */
    private CompletionStage<Positions> startAt(TimestampOffset timestamp, Query<?> query) {
        long millis = timestamp.timestamp().toEpochMilli();
        List<CompletableFuture<Long>> starts = IntStream.range(query.first(), query.first() + query.count())
                .mapToObj(partition -> requests.tail(partition)
                        .thenCompose(tail -> requests.offsetForTimestamp(partition, millis)
                                .thenApply(found -> found.orElse(tail.logEndOffset())))
                        .toCompletableFuture())
                .toList();
        return CompletableFuture.allOf(starts.toArray(CompletableFuture[]::new))
                .thenApply(all -> Positions.at(
                        query.first(),
                        starts.stream().mapToLong(CompletableFuture::join).toArray()));
    }

    /** An event that the offset names, or an earlier one of the same persistence id. */
    private static boolean isSeen(LogRecord record, Map<String, Long> seen) {
        Long sequenceNr = seen.isEmpty() ? null : seen.get(new String(record.key(), StandardCharsets.UTF_8));
        return sequenceNr != null && record.keySequence() <= sequenceNr;
    }
}
