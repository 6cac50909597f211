package dev.varve.persistence.journal;

import com.typesafe.config.Config;
import dev.varve.log.format.NewRecord;
import dev.varve.persistence.storage.Stages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import org.apache.pekko.serialization.SerializationExtension;
import scala.concurrent.Future;
import scala.concurrent.Promise;

/**
 * The journal plugin {@code varve.journal}. Events are acknowledged when they are durable, by the sync policy of the log: with
 * {@code every-write}, the default, they survive the loss of power.
 *
 * <p>What Pekko sends it as one write is stored as a whole or not at all. Rejected is what certainly is not stored and was not tried:
 * events that cannot be serialized or are too large. All else that goes wrong fails the write. The writes of all persistence ids that wait
 * at the same time share one sync.
 *
 * @see <a href="https://pekko.apache.org/docs/pekko/current/persistence-journals.html">Pekko: Persistence, building a storage backend</a>
 */
public final class VarveJournal extends AsyncWriteJournal {
    private final EventSerialization serialization =
            new EventSerialization(SerializationExtension.get(context().system()));
    private final EventJournal journal;
    private final Executor replayExecutor;
    private final Answers answers = new Answers(context().dispatcher());

    /** @param config the section of the plugin */
    public VarveJournal(Config config) {
        this.journal = EventJournal.of(context().system(), config);
        this.replayExecutor = context().system().dispatchers().lookup(config.getString("replay-dispatcher"));
    }

    @Override
    public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> messages) {
        Writes writes = new Writes();
        for (AtomicWrite message : messages) {
            writes.add(message);
        }
        return writes.send();
    }

    /** The writes of one request. */
    private final class Writes {
        private final List<Encoded> encoded = new ArrayList<>(1);
        private final Promise<Iterable<Optional<Exception>>> promise = Promise.apply();
        private final AtomicInteger left = new AtomicInteger();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();

        /** A write as records, or why it is rejected. */
        private record Encoded(StoredEvent first, long last, List<NewRecord> records, Exception rejection) {}

        void add(AtomicWrite write) {
            encoded.add(encode(write));
        }

        Future<Iterable<Optional<Exception>>> send() {
            left.set(encoded.size());
            for (Encoded write : encoded) {
                if (write.rejection() == null) {
                    journal.write(write.first(), write.last(), write.records(), this::settled);
                } else {
                    settled(null);
                }
            }
            return promise.future();
        }

        private void settled(Throwable cause) {
            if (cause != null) {
                failure.compareAndSet(null, cause);
            }
            if (left.decrementAndGet() == 0) {
                answers.give(this::complete);
            }
        }

        private void complete() {
            if (failure.get() == null) {
                promise.success(rejections());
            } else {
                promise.failure(failure.get());
            }
        }

        /** None at all means that there is none. */
        private Iterable<Optional<Exception>> rejections() {
            if (encoded.stream().allMatch(write -> write.rejection() == null)) {
                return List.of();
            }
            return encoded.stream()
                    .map(write -> Optional.ofNullable(write.rejection()))
                    .toList();
        }

        private Encoded encode(AtomicWrite write) {
            byte[] key = StoredEvent.key(write.persistenceId());
            NewRecord[] records = new NewRecord[write.size()];
            StoredEvent first = null;
            String writer = "";
            try {
                long now = System.currentTimeMillis();
                Iterator<PersistentRepr> events = scala.jdk.javaapi.CollectionConverters.asJava(write.payload())
                        .iterator();
                for (int i = 0; i < records.length; i++) {
                    PersistentRepr event = events.next();
                    writer = event.writerUuid();
                    StoredEvent stored = serialization.toStored(event, now);
                    first = first == null ? stored : first;
                    records[i] = stored.toRecord(key);
                }
            } catch (Exception e) {
                journal.rejected(write.persistenceId(), write.lowestSequenceNr(), writer);
                return new Encoded(null, 0, List.of(), e);
            }
            List<NewRecord> all = Arrays.asList(records);
            Exception tooLarge = EventJournal.tooLarge(journal.requests().partitions(), write.persistenceId(), all);
            if (tooLarge != null) {
                journal.rejected(write.persistenceId(), write.lowestSequenceNr(), writer);
            }
            return new Encoded(first, write.highestSequenceNr(), all, tooLarge);
        }
    }

    @Override
    public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long toSequenceNr) {
        return Stages.asScala(journal.deleteTo(persistenceId, toSequenceNr));
    }

    @Override
    public Future<Void> doAsyncReplayMessages(
            String persistenceId,
            long fromSequenceNr,
            long toSequenceNr,
            long max,
            Consumer<PersistentRepr> replayCallback) {
        return Stages.asScala(journal.replay(
                persistenceId,
                fromSequenceNr,
                toSequenceNr,
                max,
                event -> replayCallback.accept(serialization.toPekko(event)),
                replayExecutor));
    }

    @Override
    public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long fromSequenceNr) {
        return Stages.asScala(journal.highestSequenceNr(persistenceId));
    }
}
