package dev.varve.persistence.journal;

import com.typesafe.config.Config;
import dev.varve.log.Commit;
import dev.varve.log.format.NewRecord;
import dev.varve.persistence.storage.PartitionRequests;
import dev.varve.persistence.storage.Partitions;
import dev.varve.persistence.storage.VarveStorage;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.pekko.actor.ClassicActorSystemProvider;

/**
 * The events of all persistence ids: written, replayed and deleted. One for each directory in an actor system; the journal plugin, the
 * queries and whoever maintains a journal share it. Thread-safe; nothing blocks.
 */
public final class EventJournal {
    private final PartitionRequests requests;
    private final List<WriteGate> gates;

    EventJournal(PartitionRequests requests) {
        this.requests = requests;
        this.gates = IntStream.range(0, requests.partitions().count())
                .mapToObj(partition -> new WriteGate(requests, partition))
                .toList();
    }

    /**
     * The journal that a section of the configuration describes, {@code varve.journal} or one like it; opened if nobody has yet.
     *
     * @throws com.typesafe.config.ConfigException if a value is missing or out of its range
     */
    public static EventJournal of(ClassicActorSystemProvider system, Config section) {
        return VarveStorage.get(system).store(section, "journal", (requests, owner) -> new EventJournal(requests));
    }

    /** For those who read in another order than by persistence id. */
    public PartitionRequests requests() {
        return requests;
    }

    private WriteGate gate(String persistenceId) {
        return gates.get(requests.partitions().partitionOf(persistenceId));
    }

    /**
     * Whether these events fit into one batch.
     *
     * @return null if so, else the exception that says what is too large
     */
    static EventTooLargeException tooLarge(Partitions partitions, String persistenceId, List<NewRecord> records) {
        long bytes = Commit.batchBytes(records);
        return bytes <= partitions.maxBatchBytes()
                ? null
                : new EventTooLargeException(persistenceId, records, bytes, partitions.maxBatchBytes());
    }

    /** Events that are written together are too large. */
    public static final class EventTooLargeException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        EventTooLargeException(String persistenceId, List<NewRecord> records, long bytes, long maxBytes) {
            super("event " + records.get(0).keySequence() + " of persistence id [" + persistenceId + "]"
                    + (records.size() == 1 ? " takes " : " and the " + (records.size() - 1) + " written with it take ")
                    + bytes + " bytes, more than varve.max-batch-bytes allows, " + maxBytes
                    + ". Nothing of it was stored; raise the limit or write smaller events");
        }
    }

    /**
     * Stores events of one persistence id, all or none, durably.
     *
     * @param events one or more, with consecutive sequence numbers, by one writer
     * @param done told null once they are stored and visible, else why they are not; called once, on any thread, and must not block
     */
    public void write(List<StoredEvent> events, Consumer<Throwable> done) {
        StoredEvent first = events.get(0);
        byte[] key = StoredEvent.key(first.persistenceId());
        List<NewRecord> records =
                events.stream().map(event -> event.toRecord(key)).toList();
        EventTooLargeException tooLarge = tooLarge(requests.partitions(), first.persistenceId(), records);
        if (tooLarge != null) {
            done.accept(tooLarge);
        } else {
            write(first, events.get(events.size() - 1).sequenceNr(), records, done);
        }
    }

    void write(StoredEvent first, long last, List<NewRecord> records, Consumer<Throwable> done) {
        gate(first.persistenceId())
                .write(new WriteGate.Write(
                        first.persistenceId(), first.sequenceNr(), last, first.writerUuid(), records, done));
    }

    /**
     * Events will never come, because they were rejected, or were where others of this persistence id are carried from: the writer goes on
     * behind them, even if it has not written before.
     *
     * @param first the sequence number of the first of them: the one behind the highest
     */
    public void rejected(String persistenceId, long first, String writer) {
        gate(persistenceId).rejected(persistenceId, first, writer);
    }

    /** The highest sequence number of a persistence id, deleted events included, once writes under way are settled; 0 if it has none. */
    public CompletionStage<Long> highestSequenceNr(String persistenceId) {
        return gate(persistenceId).highestSequenceNr(persistenceId);
    }

    /**
     * Reads events of a persistence id, in order. Holds about a megabyte at most, whatever their number.
     *
     * @param from the least sequence number wanted
     * @param to the greatest sequence number wanted
     * @param max how many at most
     * @param consumer is given the events, one after the other
     * @param executor where the consumer is called
     */
    public CompletionStage<Void> replay(
            String persistenceId, long from, long to, long max, Consumer<StoredEvent> consumer, Executor executor) {
        return new Replay(requests, persistenceId, from, to, max, consumer, executor).run();
    }

    /**
     * Deletes the events of a persistence id up to a sequence number, durably. The highest sequence number stays.
     *
     * @param toSequenceNr up to and including this one; what is above the highest is taken for that
     */
    public CompletionStage<Void> deleteTo(String persistenceId, long toSequenceNr) {
        return gate(persistenceId).deleteTo(persistenceId, toSequenceNr);
    }

    /**
     * Takes over a persistence id all of whose events were deleted elsewhere, durably: it has none here either, and goes on behind the same
     * sequence number.
     *
     * @param highestSequenceNr that of the deleted events, 1 or more
     */
    public CompletionStage<Void> takeOverDeleted(String persistenceId, long highestSequenceNr) {
        return gate(persistenceId).takeOverDeleted(persistenceId, highestSequenceNr);
    }

    /**
     * Forgets a persistence id altogether, durably: its events and its highest sequence number. Only for one that no actor has any more: it
     * would begin at 1 again.
     */
    public CompletionStage<Void> forget(String persistenceId) {
        return gate(persistenceId).forget(persistenceId);
    }
}
