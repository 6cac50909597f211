package dev.varve.server.journal;

import com.typesafe.config.Config;
import dev.varve.persistence.journal.EventJournal;
import dev.varve.persistence.journal.StoredEvent;
import dev.varve.persistence.storage.StorageException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.pekko.actor.ActorSystem;

/** A journal of varve: its events are carried as they are stored, all their tags with them. */
final class VarveSource implements EventSource {
    private static final int IDS_AT_ONCE = 1_000;

    private final EventJournal journal;

    VarveSource(ActorSystem system, Config section) {
        this.journal = EventJournal.of(system, section);
    }

    @Override
    public Stream<String> ids() {
        return IntStream.range(0, journal.requests().partitions().count())
                .boxed()
                .flatMap(partition -> Stream.iterate(
                                page(partition, null),
                                page -> !page.isEmpty(),
                                page -> page.size() < IDS_AT_ONCE
                                        ? List.of()
                                        : page(partition, page.get(page.size() - 1)))
                        .flatMap(List::stream))
                .map(key -> new String(key, StandardCharsets.UTF_8));
    }

    private List<byte[]> page(int partition, byte[] after) {
        return Waiting.forIt(journal.requests().keysAfter(partition, Optional.ofNullable(after), IDS_AT_ONCE));
    }

    @Override
    public long highest(String persistenceId) {
        return Waiting.forIt(journal.highestSequenceNr(persistenceId));
    }

    @Override
    public List<Carried> read(String persistenceId, long from, int most) {
        List<Carried> events = new ArrayList<>();
        try {
            Waiting.forIt(journal.replay(
                    persistenceId,
                    from,
                    Long.MAX_VALUE,
                    most,
                    event -> events.add(new Carried.Bytes(event)),
                    Runnable::run));
        } catch (StorageException | StoredEvent.MalformedEventException e) {
            throw new NotCarriedException("its events cannot be read from " + from + " on: " + e.getMessage(), e);
        }
        return events;
    }

    @Override
    public List<String> notes() {
        return List.of();
    }

    @Override
    public void requireThere() {
        // Whatever is asked of a partition that has ended fails.
    }
}
