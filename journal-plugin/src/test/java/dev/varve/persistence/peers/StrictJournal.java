package dev.varve.persistence.peers;

import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.persistence.journal.inmem.InmemJournal;
import org.apache.pekko.serialization.SerializationExtension;
import scala.collection.immutable.Seq;
import scala.concurrent.Future;
import scala.concurrent.Future$;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.BoxedUnit;
import scala.util.Failure;
import scala.util.Success;
import scala.util.Try;

/**
 * Pekko's journal in memory, made strict about what it is given: rejects what cannot be serialized or is too large, and refuses
 * second writers. No peer does this, so it is what shows that the cases about it can be met. Made by Pekko.
 */
public final class StrictJournal extends InmemJournal {
    static final int MAX_EVENT_BYTES = 100_000;

    private record Stored(String writer, byte[] bytes) {}

    private final Map<String, TreeMap<Long, Stored>> stored = new HashMap<>();
    /** Who wrote last, or tried to and was rejected: that one goes on behind what was rejected. */
    private final Map<String, String> lastWriters = new HashMap<>();

    public StrictJournal(Config config) {
        super(config);
    }

    @Override
    public Future<Seq<Try<BoxedUnit>>> asyncWriteMessages(Seq<AtomicWrite> writes) {
        List<Try<BoxedUnit>> results = new ArrayList<>();
        for (AtomicWrite write : CollectionConverters.asJava(writes)) {
            Try<byte[][]> bytes = Try.apply(() -> serialized(write));
            try {
                if (isNew(write, bytes)) {
                    lastWriters.put(write.persistenceId(), writer(write));
                    if (bytes.isSuccess()) {
                        store(write, bytes.get());
                    }
                }
            } catch (IllegalStateException e) {
                return Future$.MODULE$.failed(e);
            }
            results.add(
                    bytes.isSuccess()
                            ? new Success<>(BoxedUnit.UNIT)
                            : new Failure<>(bytes.failed().get()));
        }
        return Future$.MODULE$.successful(CollectionConverters.asScala(results).toList());
    }

    private static List<PersistentRepr> events(AtomicWrite write) {
        return CollectionConverters.asJava(write.payload());
    }

    private static String writer(AtomicWrite write) {
        return events(write).get(0).writerUuid();
    }

    private byte[][] serialized(AtomicWrite write) {
        List<byte[]> all = new ArrayList<>();
        for (PersistentRepr event : events(write)) {
            Object payload = event.payload() instanceof Tagged tagged ? tagged.payload() : event.payload();
            byte[] bytes = SerializationExtension.get(context().system())
                    .serialize(payload)
                    .get();
            if (bytes.length > MAX_EVENT_BYTES) {
                throw new IllegalArgumentException("an event of " + bytes.length + " bytes is too large");
            }
            all.add(bytes);
        }
        return all.toArray(byte[][]::new);
    }

    /** Whether a write is to be stored; it need not be if it is there already. Throws if it may not be. */
    private boolean isNew(AtomicWrite write, Try<byte[][]> bytes) {
        String id = write.persistenceId();
        TreeMap<Long, Stored> before = stored.computeIfAbsent(id, key -> new TreeMap<>());
        long highest = before.isEmpty() ? 0 : before.lastKey();
        long first = write.lowestSequenceNr();
        String last = lastWriters.getOrDefault(id, writer(write));
        if (first == highest + 1 || (first > highest && last.equals(writer(write)))) {
            return true;
        }
        List<PersistentRepr> events = events(write);
        for (int i = 0; i < events.size(); i++) {
            Stored there = before.get(first + i);
            if (there == null
                    || bytes.isFailure()
                    || !there.writer().equals(writer(write))
                    || !Arrays.equals(there.bytes(), bytes.get()[i])) {
                throw new IllegalStateException("writer " + writer(write) + " of " + id + " is refused at " + first
                        + ": writer " + last + " has written up to " + highest);
            }
        }
        return false;
    }

    private void store(AtomicWrite write, byte[][] bytes) {
        List<PersistentRepr> events = events(write);
        for (int i = 0; i < events.size(); i++) {
            stored.get(write.persistenceId()).put(write.lowestSequenceNr() + i, new Stored(writer(write), bytes[i]));
        }
        super.asyncWriteMessages(CollectionConverters.asScala(List.of(write)).toList());
    }
}
