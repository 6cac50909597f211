package dev.varve.persistence.query;

import com.typesafe.config.Config;
import dev.varve.log.format.LogRecord;
import dev.varve.persistence.journal.EventJournal;
import dev.varve.persistence.journal.EventSerialization;
import dev.varve.persistence.journal.StoredEvent;
import dev.varve.persistence.storage.PartitionRequests;
import dev.varve.persistence.storage.Partitions;
import java.time.Instant;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.Sequence;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByTagQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentLastSequenceNumberByPersistenceIdQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentPersistenceIdsQuery;
import org.apache.pekko.persistence.query.javadsl.EventsByPersistenceIdQuery;
import org.apache.pekko.persistence.query.javadsl.EventsByTagQuery;
import org.apache.pekko.persistence.query.javadsl.PagedPersistenceIdsQuery;
import org.apache.pekko.persistence.query.javadsl.PersistenceIdsQuery;
import org.apache.pekko.persistence.query.typed.javadsl.CurrentEventsBySliceQuery;
import org.apache.pekko.persistence.query.typed.javadsl.EventTimestampQuery;
import org.apache.pekko.persistence.query.typed.javadsl.EventsBySliceQuery;
import org.apache.pekko.persistence.query.typed.javadsl.LoadEventQuery;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.stream.javadsl.Source;

/**
 * The read journal {@code varve.query}, for Java; {@link dev.varve.persistence.query.scaladsl.VarveReadJournal} is that for Scala. Get it by
 *
 * <pre>{@code
 * PersistenceQuery.get(system).getReadJournalFor(VarveReadJournal.class, VarveReadJournal.IDENTIFIER)
 * }</pre>
 *
 * <p>What is acknowledged to a persistent actor is seen by every query that begins later. Current queries end with what is stored when they
 * begin, live ones go on: each event is handed on the moment its commit is acknowledged. Streams read only as fast as they are read, and hold
 * two steps of {@code varve.query.step-bytes} for each partition at most. Deleted events are not given, events that an event adapter makes
 * several of are given several times.
 *
 * <p><b>Offsets</b> are exclusive and good for ever: over restarts, deletions and compaction. Where a query reads one partition, as all do in
 * a journal with one, they are {@link Sequence}s and the events come in the order in which they were stored. A query over several partitions
 * merges them as they come, and its offsets are {@link PartitionOffsets}; the events of one persistence id are in order. Queries by tag and
 * slice begin behind {@link Offset#noOffset()}, an offset that a query over the same partitions gave out, or a
 * {@link org.apache.pekko.persistence.query.TimestampOffset}: that is at the first event which is not older; from there on, events of a clock
 * that was behind come too. With other offsets they throw {@link IllegalArgumentException}.
 *
 * <p>A stream fails with a {@link dev.varve.partition.PartitionException} or {@link dev.varve.persistence.storage.StorageException} if
 * events are damaged or cannot be read, and with an exception of the serializer if one cannot be deserialized. Thread-safe.
 */
public final class VarveReadJournal
        implements CurrentPersistenceIdsQuery,
                PersistenceIdsQuery,
                PagedPersistenceIdsQuery,
                CurrentEventsByPersistenceIdQuery,
                EventsByPersistenceIdQuery,
                CurrentEventsByTagQuery,
                EventsByTagQuery,
                CurrentLastSequenceNumberByPersistenceIdQuery,
                CurrentEventsBySliceQuery,
                EventsBySliceQuery,
                EventTimestampQuery,
                LoadEventQuery {

    /** Where its settings are. */
    public static final String IDENTIFIER = "varve.query";

    private final Persistence persistence;
    private final PartitionRequests requests;
    private final Envelopes envelopes;
    private final LogOrderQueries logs;
    private final PersistenceIds ids;
    private final int stepBytes;

    VarveReadJournal(ExtendedActorSystem system, Config config) {
        String writePlugin = config.getString("write-plugin");
        this.persistence = Persistence.get(system);
        this.requests = EventJournal.of(system, system.settings().config().getConfig(writePlugin))
                .requests();
        this.envelopes = new Envelopes(
                new EventSerialization(SerializationExtension.get(system)), persistence.adaptersFor(writePlugin));
        this.stepBytes = Math.toIntExact(config.getBytes("step-bytes"));
        this.logs = new LogOrderQueries(requests, stepBytes);
        this.ids = new PersistenceIds(requests, logs);
    }

    /** All persistence ids that the journal knows, also those whose events are all deleted, each once. */
    @Override
    public Source<String, NotUsed> currentPersistenceIds() {
        return ids.after(Optional.empty(), Long.MAX_VALUE);
    }

    /** As {@link #currentPersistenceIds()}, then those that write for the first time. Remembers those it has given. */
    @Override
    public Source<String, NotUsed> persistenceIds() {
        return ids.live();
    }

    /**
     * A page of persistence ids, in an order that has no meaning and never changes.
     *
     * @param afterId the last one of the page before
     * @param limit how many at most, 1 or more
     * @throws IllegalArgumentException if the limit is less
     */
    @Override
    public Source<String, NotUsed> currentPersistenceIds(Optional<String> afterId, long limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit must be 1 or more, not " + limit);
        }
        return ids.after(afterId, limit);
    }

    /** The events of a persistence id in order, both bounds included. Offsets are sequence numbers. */
    @Override
    public Source<EventEnvelope, NotUsed> currentEventsByPersistenceId(
            String persistenceId, long fromSequenceNr, long toSequenceNr) {
        return eventsOf(persistenceId, fromSequenceNr, toSequenceNr, false);
    }

    /**
     * As {@link #currentEventsByPersistenceId}, and goes on with what is written later, until the upper bound is reached. Whether there are
     * events of the persistence id already, or were and are deleted, makes no difference.
     */
    @Override
    public Source<EventEnvelope, NotUsed> eventsByPersistenceId(
            String persistenceId, long fromSequenceNr, long toSequenceNr) {
        return eventsOf(persistenceId, fromSequenceNr, toSequenceNr, true);
    }

    private Source<EventEnvelope, NotUsed> eventsOf(String persistenceId, long from, long to, boolean isLive) {
        long first = Math.max(1, from);
        if (first > to) {
            return Source.empty();
        }
        KeyRecordStage.Wanted wanted = new KeyRecordStage.Wanted(
                requests.partitions().partitionOf(persistenceId), StoredEvent.key(persistenceId), first, to, isLive);
        return Source.fromGraph(new KeyRecordStage(requests, wanted, stepBytes))
                .mapConcat(record -> envelopes.of(StoredEvent.of(record), new Sequence(record.keySequence())));
    }

    /**
     * The events with a tag.
     *
     * @throws IllegalArgumentException if it is no offset of this query
     */
    @Override
    public Source<EventEnvelope, NotUsed> currentEventsByTag(String tag, Offset offset) {
        return logs.run(byTag(tag, false), offset);
    }

    /** As {@link #currentEventsByTag}, and goes on with what is written later. */
    @Override
    public Source<EventEnvelope, NotUsed> eventsByTag(String tag, Offset offset) {
        return logs.run(byTag(tag, true), offset);
    }

    private LogOrderQueries.Query<EventEnvelope> byTag(String tag, boolean isLive) {
        return new LogOrderQueries.Query<>(
                0,
                requests.partitions().count(),
                isLive,
                record -> StoredEvent.ifTagged(record, tag).orElse(null),
                envelopes::of);
    }

    /** Empty if the journal does not know the persistence id. Deletion does not lower it. */
    @Override
    public CompletionStage<Optional<Long>> currentLastSequenceNumberByPersistenceId(String persistenceId) {
        return requests.lookUp(requests.partitions().partitionOf(persistenceId), StoredEvent.key(persistenceId))
                .thenApply(state ->
                        state.highestSequence() == 0 ? Optional.<Long>empty() : Optional.of(state.highestSequence()));
    }

    /**
     * The events of the entities of a type, in a range of slices.
     *
     * @param entityType what their persistence ids have before the first {@code |}
     * @param minSlice from 0 on
     * @param maxSlice included, up to 1023
     * @throws IllegalArgumentException if it is no offset of this query, or no range of slices
     */
    @Override
    public <E> Source<org.apache.pekko.persistence.query.typed.EventEnvelope<E>, NotUsed> currentEventsBySlices(
            String entityType, int minSlice, int maxSlice, Offset offset) {
        return logs.run(this.<E>bySlices(entityType, minSlice, maxSlice, false), offset);
    }

    /** As {@link #currentEventsBySlices}, and goes on with what is written later. */
    @Override
    public <E> Source<org.apache.pekko.persistence.query.typed.EventEnvelope<E>, NotUsed> eventsBySlices(
            String entityType, int minSlice, int maxSlice, Offset offset) {
        return logs.run(this.<E>bySlices(entityType, minSlice, maxSlice, true), offset);
    }

    private <E> LogOrderQueries.Query<org.apache.pekko.persistence.query.typed.EventEnvelope<E>> bySlices(
            String entityType, int minSlice, int maxSlice, boolean isLive) {
        SliceFilter filter = SliceFilter.of(entityType, minSlice, maxSlice);
        Partitions partitions = requests.partitions();
        int first = partitions.partitionOf(minSlice);
        return new LogOrderQueries.Query<>(
                first, partitions.partitionOf(maxSlice) - first + 1, isLive, filter::wanted, envelopes::typed);
    }

    @Override
    public int sliceForPersistenceId(String persistenceId) {
        return persistence.sliceForPersistenceId(persistenceId);
    }

    /** A number of ranges that together are all slices. Those of a power of two do not reach over the bounds of as many partitions. */
    @Override
    public List<Pair<Integer, Integer>> sliceRanges(int numberOfRanges) {
        return persistence.getSliceRanges(numberOfRanges);
    }

    /** When an event was written; empty if there is none. */
    @Override
    public CompletionStage<Optional<Instant>> timestampOf(String persistenceId, long sequenceNr) {
        return record(persistenceId, sequenceNr)
                .thenApply(found -> found.map(record -> Instant.ofEpochMilli(record.timestamp())));
    }

    /** An event. The stage fails with {@link NoSuchElementException} if there is none, or an event adapter makes nothing of it. */
    @Override
    public <E> CompletionStage<org.apache.pekko.persistence.query.typed.EventEnvelope<E>> loadEnvelope(
            String persistenceId, long sequenceNr) {
        return record(persistenceId, sequenceNr).thenApply(found -> found.stream()
                .flatMap(record -> {
                    Positions positions = Positions.at(requests.partitions().partitionOf(persistenceId), new long[1]);
                    positions.passed(positions.first(), record.offset());
                    return envelopes.<E>typed(StoredEvent.of(record), positions.offset()).stream();
                })
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException(
                        "persistence id [" + persistenceId + "] has no event " + sequenceNr + ", or it was deleted")));
    }

    private CompletionStage<Optional<LogRecord>> record(String persistenceId, long sequenceNr) {
        return requests.readKey(
                        requests.partitions().partitionOf(persistenceId),
                        StoredEvent.key(persistenceId),
                        Math.max(1, sequenceNr),
                        0,
                        0)
                .thenApply(read -> read.records().stream()
                        .filter(record -> record.keySequence() == sequenceNr)
                        .findFirst());
    }
}
