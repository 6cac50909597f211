package dev.varve.persistence.query.scaladsl;

import java.time.Instant;
import java.util.Objects;
import org.apache.pekko.NotUsed;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.scaladsl.CurrentEventsByPersistenceIdQuery;
import org.apache.pekko.persistence.query.scaladsl.CurrentEventsByTagQuery;
import org.apache.pekko.persistence.query.scaladsl.CurrentLastSequenceNumberByPersistenceIdQuery;
import org.apache.pekko.persistence.query.scaladsl.CurrentPersistenceIdsQuery;
import org.apache.pekko.persistence.query.scaladsl.EventsByPersistenceIdQuery;
import org.apache.pekko.persistence.query.scaladsl.EventsByTagQuery;
import org.apache.pekko.persistence.query.scaladsl.PagedPersistenceIdsQuery;
import org.apache.pekko.persistence.query.scaladsl.PersistenceIdsQuery;
import org.apache.pekko.persistence.query.typed.scaladsl.CurrentEventsBySliceQuery;
import org.apache.pekko.persistence.query.typed.scaladsl.EventTimestampQuery;
import org.apache.pekko.persistence.query.typed.scaladsl.EventsBySliceQuery;
import org.apache.pekko.persistence.query.typed.scaladsl.LoadEventQuery;
import org.apache.pekko.stream.scaladsl.Source;
import scala.Option;
import scala.collection.immutable.Range;
import scala.collection.immutable.Range$;
import scala.collection.immutable.Seq;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;
import scala.jdk.javaapi.OptionConverters;

/** The read journal {@code varve.query} for Scala: does what {@link dev.varve.persistence.query.VarveReadJournal} does. */
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
    public static final String IDENTIFIER = dev.varve.persistence.query.VarveReadJournal.IDENTIFIER;

    private final dev.varve.persistence.query.VarveReadJournal journal;

    /** The same for Scala. */
    public VarveReadJournal(dev.varve.persistence.query.VarveReadJournal journal) {
        this.journal = Objects.requireNonNull(journal, "journal");
    }

    @Override
    public Source<String, NotUsed> currentPersistenceIds() {
        return journal.currentPersistenceIds().asScala();
    }

    @Override
    public Source<String, NotUsed> persistenceIds() {
        return journal.persistenceIds().asScala();
    }

    @Override
    public Source<String, NotUsed> currentPersistenceIds(Option<String> afterId, long limit) {
        return journal.currentPersistenceIds(OptionConverters.toJava(afterId), limit)
                .asScala();
    }

    @Override
    public Source<EventEnvelope, NotUsed> currentEventsByPersistenceId(
            String persistenceId, long fromSequenceNr, long toSequenceNr) {
        return journal.currentEventsByPersistenceId(persistenceId, fromSequenceNr, toSequenceNr)
                .asScala();
    }

    @Override
    public Source<EventEnvelope, NotUsed> eventsByPersistenceId(
            String persistenceId, long fromSequenceNr, long toSequenceNr) {
        return journal.eventsByPersistenceId(persistenceId, fromSequenceNr, toSequenceNr)
                .asScala();
    }

    @Override
    public Source<EventEnvelope, NotUsed> currentEventsByTag(String tag, Offset offset) {
        return journal.currentEventsByTag(tag, offset).asScala();
    }

    @Override
    public Source<EventEnvelope, NotUsed> eventsByTag(String tag, Offset offset) {
        return journal.eventsByTag(tag, offset).asScala();
    }

    @Override
    public Future<Option<Object>> currentLastSequenceNumberByPersistenceId(String persistenceId) {
        return FutureConverters.asScala(journal.currentLastSequenceNumberByPersistenceId(persistenceId)
                .thenApply(found -> OptionConverters.toScala(found.map(Object.class::cast))));
    }

    @Override
    public <E> Source<org.apache.pekko.persistence.query.typed.EventEnvelope<E>, NotUsed> currentEventsBySlices(
            String entityType, int minSlice, int maxSlice, Offset offset) {
        return journal.<E>currentEventsBySlices(entityType, minSlice, maxSlice, offset)
                .asScala();
    }

    @Override
    public <E> Source<org.apache.pekko.persistence.query.typed.EventEnvelope<E>, NotUsed> eventsBySlices(
            String entityType, int minSlice, int maxSlice, Offset offset) {
        return journal.<E>eventsBySlices(entityType, minSlice, maxSlice, offset).asScala();
    }

    @Override
    public int sliceForPersistenceId(String persistenceId) {
        return journal.sliceForPersistenceId(persistenceId);
    }

    @Override
    public Seq<Range> sliceRanges(int numberOfRanges) {
        return CollectionConverters.asScala(journal.sliceRanges(numberOfRanges).stream()
                        .<Range>map(range -> Range$.MODULE$.inclusive(range.first(), range.second()))
                        .toList())
                .toList();
    }

    @Override
    public Future<Option<Instant>> timestampOf(String persistenceId, long sequenceNr) {
        return FutureConverters.asScala(
                journal.timestampOf(persistenceId, sequenceNr).thenApply(OptionConverters::toScala));
    }

    @Override
    public <E> Future<org.apache.pekko.persistence.query.typed.EventEnvelope<E>> loadEnvelope(
            String persistenceId, long sequenceNr) {
        return FutureConverters.asScala(journal.loadEnvelope(persistenceId, sequenceNr));
    }
}
