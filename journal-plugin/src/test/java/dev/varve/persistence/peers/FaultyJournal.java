package dev.varve.persistence.peers;

import com.typesafe.config.Config;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.inmem.InmemJournal;
import scala.Function1;
import scala.collection.immutable.Seq;
import scala.concurrent.Future;
import scala.concurrent.Future$;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.BoxedUnit;
import scala.util.Try;

/** Pekko's journal in memory with one fault, which is in its configuration. Made by Pekko. */
public final class FaultyJournal extends InmemJournal {

    /** What it does wrong. */
    enum Fault {
        NONE,
        IGNORES_THE_LOWER_BOUND,
        IGNORES_THE_UPPER_BOUND,
        IGNORES_THE_COUNT,
        ENDS_BEFORE_THE_UPPER_BOUND,
        TELLS_THE_HIGHEST_NUMBER_OF_WHAT_IS_LEFT,
        DELETES_NOTHING,
        DELETES_ONE_TOO_FEW,
        DELETES_WHAT_IS_WRITTEN_LATER,
        FORGETS_THE_WRITER,
        FORGETS_THE_MANIFEST,
        FORGETS_THE_TIME,
        FORGETS_THE_METADATA,
        STORES_ONLY_THE_FIRST_EVENT_OF_A_WRITE,
        STORES_ONLY_THE_FIRST_WRITE_OF_A_BATCH,
        ACKNOWLEDGES_WHAT_IT_DOES_NOT_STORE,
        MIXES_UP_IDS_WITH_THE_SAME_HASH
    }

    private final Fault fault;
    private final Map<String, Long> deletedUpTo = new HashMap<>();

    public FaultyJournal(Config config) {
        super(config);
        this.fault = Fault.valueOf(config.getString("fault"));
    }

    @Override
    public Future<Seq<Try<BoxedUnit>>> asyncWriteMessages(Seq<AtomicWrite> writes) {
        List<AtomicWrite> all = CollectionConverters.asJava(writes);
        return switch (fault) {
            case ACKNOWLEDGES_WHAT_IT_DOES_NOT_STORE -> super.asyncWriteMessages(scala(List.of()));
            case STORES_ONLY_THE_FIRST_WRITE_OF_A_BATCH -> super.asyncWriteMessages(scala(all.subList(0, 1)));
            case STORES_ONLY_THE_FIRST_EVENT_OF_A_WRITE ->
                super.asyncWriteMessages(scala(all.stream()
                        .map(write -> new AtomicWrite(scala(events(write).subList(0, 1))))
                        .toList()));
            case MIXES_UP_IDS_WITH_THE_SAME_HASH ->
                super.asyncWriteMessages(
                        scala(all.stream().map(this::underTheKeyOfItsId).toList()));
            default -> super.asyncWriteMessages(writes);
        };
    }

    private static <T> Seq<T> scala(List<T> list) {
        return CollectionConverters.asScala(list).toList();
    }

    private static List<PersistentRepr> events(AtomicWrite write) {
        return CollectionConverters.asJava(write.payload());
    }

    private AtomicWrite underTheKeyOfItsId(AtomicWrite write) {
        return new AtomicWrite(scala(events(write).stream()
                .map(event -> event.update(
                        event.sequenceNr(), key(event.persistenceId()), false, event.sender(), event.writerUuid()))
                .toList()));
    }

    private String key(String persistenceId) {
        return fault == Fault.MIXES_UP_IDS_WITH_THE_SAME_HASH
                ? Integer.toHexString(persistenceId.hashCode())
                : persistenceId;
    }

    @Override
    public Future<Object> asyncReadHighestSequenceNr(String persistenceId, long from) {
        if (fault == Fault.TELLS_THE_HIGHEST_NUMBER_OF_WHAT_IS_LEFT) {
            var left = read(persistenceId, 0, Long.MAX_VALUE, Long.MAX_VALUE);
            return Future$.MODULE$.successful(
                    left.isEmpty() ? 0L : left.last()._1().sequenceNr());
        }
        return super.asyncReadHighestSequenceNr(key(persistenceId), from);
    }

    @Override
    public Future<BoxedUnit> asyncReplayMessages(
            String persistenceId, long from, long to, long max, Function1<PersistentRepr, BoxedUnit> callback) {
        return super.asyncReplayMessages(
                key(persistenceId),
                fault == Fault.IGNORES_THE_LOWER_BOUND ? 0 : from,
                fault == Fault.IGNORES_THE_UPPER_BOUND
                        ? Long.MAX_VALUE
                        : fault == Fault.ENDS_BEFORE_THE_UPPER_BOUND ? to - 1 : to,
                fault == Fault.IGNORES_THE_COUNT ? Long.MAX_VALUE : max,
                event -> event.sequenceNr() <= deletedUpTo.getOrDefault(persistenceId, 0L)
                        ? BoxedUnit.UNIT
                        : callback.apply(changed(event)));
    }

    private PersistentRepr changed(PersistentRepr event) {
        PersistentRepr bare = PersistentRepr.apply(
                event.payload(),
                event.sequenceNr(),
                event.persistenceId(),
                fault == Fault.FORGETS_THE_MANIFEST ? "" : event.manifest(),
                false,
                event.sender(),
                fault == Fault.FORGETS_THE_WRITER ? "" : event.writerUuid());
        PersistentRepr timed = fault == Fault.FORGETS_THE_TIME ? bare : bare.withTimestamp(event.timestamp());
        return fault == Fault.FORGETS_THE_METADATA || event.metadata().isEmpty()
                ? timed
                : timed.withMetadata(event.metadata().get());
    }

    @Override
    public Future<BoxedUnit> asyncDeleteMessagesTo(String persistenceId, long to) {
        if (fault == Fault.DELETES_WHAT_IS_WRITTEN_LATER) {
            deletedUpTo.merge(persistenceId, to, Math::max);
        }
        return switch (fault) {
            case DELETES_NOTHING -> super.asyncDeleteMessagesTo(persistenceId, 0);
            case DELETES_ONE_TOO_FEW -> super.asyncDeleteMessagesTo(persistenceId, to - 1);
            default -> super.asyncDeleteMessagesTo(key(persistenceId), to);
        };
    }
}
