package dev.varve.server.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByTagQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentPersistenceIdsQuery;
import org.apache.pekko.persistence.query.javadsl.ReadJournal;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.StreamConverters;

/**
 * Any journal with a read journal. The ids and the tags are asked of the read journal; the events are replayed, since only so is it told
 * who wrote them and what was deleted.
 */
final class PekkoSource implements EventSource {
    /** What it puts before a tag. */
    private static final String LEVEL_DB_TAG = "$$$";

    private final String pluginId;
    private final JournalClient journal;
    private final CurrentPersistenceIdsQuery ids;
    private final Materializer materializer;
    private final TagIndex tags = new TagIndex();
    private final List<String> namedTags;
    private final Set<String> otherTags = new ConcurrentSkipListSet<>();
    private final boolean isLevelDb;

    /**
     * @param isLevelDb whether it is Pekko's journal on LevelDB, which lists its tags among the persistence ids
     * @throws TransferFailedException if the read journal cannot list persistence ids, or events by the tags
     */
    PekkoSource(ActorSystem system, String pluginId, String queryId, List<String> tags, boolean isLevelDb) {
        this.pluginId = pluginId;
        this.namedTags = tags;
        this.isLevelDb = isLevelDb;
        this.journal = new JournalClient(system, pluginId);
        this.materializer = SystemMaterializer.get(system).materializer();
        ReadJournal query = open(system, queryId);
        if (!(query instanceof CurrentPersistenceIdsQuery currentIds)) {
            throw new TransferFailedException("the read journal " + queryId + " cannot list persistence ids", null);
        }
        this.ids = currentIds;
        // Asked first: with a journal that cannot be started, queries would wait for ever.
        journal.requireThere();
        tags.forEach(tag -> look(query, queryId, tag));
    }

    private static ReadJournal open(ActorSystem system, String queryId) {
        try {
            return PersistenceQuery.get(system).getReadJournalFor(ReadJournal.class, queryId);
        } catch (IllegalArgumentException e) {
            throw new TransferFailedException(
                    "the read journal " + queryId + " cannot be started: " + (e.getCause() == null ? e : e.getCause()),
                    e);
        }
    }

    private void look(ReadJournal query, String queryId, String tag) {
        if (!(query instanceof CurrentEventsByTagQuery byTag)) {
            throw new TransferFailedException("the read journal " + queryId + " cannot look for tags", null);
        }
        byTag.currentEventsByTag(tag, Offset.noOffset())
                .runForeach(event -> tags.add(event.persistenceId(), event.sequenceNr(), tag), materializer)
                .toCompletableFuture()
                .join();
    }

    @Override
    public Stream<String> ids() {
        Stream<String> all = ids.currentPersistenceIds().runWith(StreamConverters.asJavaStream(), materializer);
        return isLevelDb ? all.filter(id -> !isTag(id)) : all;
    }

    private boolean isTag(String id) {
        if (!id.startsWith(LEVEL_DB_TAG)) {
            return false;
        }
        String tag = id.substring(LEVEL_DB_TAG.length());
        if (!namedTags.contains(tag)) {
            otherTags.add(tag);
        }
        return true;
    }

    @Override
    public List<String> notes() {
        return List.of("tags: carried are " + (namedTags.isEmpty() ? "none" : String.join(", ", namedTags))
                + ", those that --tag names"
                + (otherTags.isEmpty() ? "" : "; not carried are " + String.join(", ", otherTags)));
    }

    @Override
    public long highest(String persistenceId) {
        return journal.highest(persistenceId);
    }

    @Override
    public List<Carried> read(String persistenceId, long from, int most) {
        List<Carried> events = new ArrayList<>();
        long last = from - 1;
        for (PersistentRepr event :
                journal.replay(persistenceId, from, Long.MAX_VALUE, most).events()) {
            if (event.sequenceNr() == last) {
                throw new NotCarriedException("an event adapter of " + pluginId + " makes several of event " + last);
            }
            last = event.sequenceNr();
            events.add(new Carried.Live(event, tags.tags(persistenceId, last)));
        }
        return events;
    }

    @Override
    public void requireThere() {
        journal.requireThere();
    }
}
