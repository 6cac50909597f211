package dev.varve.server.journal;

import dev.varve.log.Damage;
import dev.varve.log.format.LogRecord;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Counts the events of persistence ids: of those behind one of them, a number of them at most, in their order. */
public final class IdSummaries {
    private final String after;
    private final int max;
    private final TreeMap<String, Summary> summaries = new TreeMap<>();

    /**
     * What there is of a persistence id.
     *
     * @param events how many that are not deleted
     * @param first the least sequence number of these; 0 with none
     * @param highest the highest sequence number, deleted ones included
     * @param deletedTo the greatest sequence number that is deleted; 0 with none
     */
    public record Summary(long events, long first, long highest, long deletedTo) {}

    private IdSummaries(String after, int max) {
        this.after = after;
        this.max = max;
    }

    /**
     * Walks a journal, all of it.
     *
     * @param after those that are greater than this are wanted
     * @param max how many at most; no more are held in memory
     * @param damage told where records are lost
     */
    public static Map<String, Summary> of(List<Path> logs, String after, int max, Consumer<Damage> damage) {
        IdSummaries summaries = new IdSummaries(after, max);
        logs.forEach(log -> summaries.add(log, damage));
        return summaries.summaries;
    }

    private void add(Path log, Consumer<Damage> damage) {
        JournalFiles.Deletions deletions = JournalFiles.deletions(log);
        deletions.all().forEach((id, deletion) -> {
            if (deletion.highest() > 0) {
                add(id, new Summary(0, 0, deletion.highest(), deletion.deletedTo()));
            }
        });
        JournalFiles.walk(log, new JournalFiles.Visitor() {
            @Override
            public boolean record(LogRecord record) {
                if (record.key() != null) {
                    String id = JournalFiles.persistenceId(record.key());
                    if (deletions.leaves(id, record)) {
                        long sequenceNr = record.keySequence();
                        add(id, new Summary(1, sequenceNr, sequenceNr, 0));
                    }
                }
                return true;
            }

            @Override
            public void damage(Damage met) {
                damage.accept(met);
            }
        });
    }

    private void add(String id, Summary more) {
        boolean isWanted =
                id.compareTo(after) > 0 && (summaries.size() < max || id.compareTo(summaries.lastKey()) <= 0);
        if (isWanted) {
            summaries.merge(
                    id,
                    more,
                    (before, now) -> new Summary(
                            before.events() + now.events(),
                            before.first() == 0 ? now.first() : Math.min(before.first(), now.first()),
                            Math.max(before.highest(), now.highest()),
                            Math.max(before.deletedTo(), now.deletedTo())));
            if (summaries.size() > max) {
                summaries.pollLastEntry();
            }
        }
    }
}
