package dev.varve.server.journal;

import dev.varve.log.format.LogRecord;
import dev.varve.persistence.journal.StoredEvent;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Holds the events of a partition, given one after the other in the order of its log, to what a journal promises: each record is an event,
 * and the sequence numbers of a persistence id ascend without holes. A hole is all right where events were deleted, and where an event was
 * rejected: behind that the same writer goes on. Holds a few words for each persistence id.
 */
public final class EventOrder {
    private final JournalFiles.Deletions deletions;
    private final boolean isDamaged;
    private final BiConsumer<LogRecord, String> findings;
    private final Map<String, Last> lastById = new HashMap<>();
    private long events;
    private long rejections;

    private record Last(long sequenceNr, String writer) {}

    /**
     * @param isDamaged whether records of the partition are lost, so that every hole is of interest
     * @param findings told of records that are not as they should be, and why
     */
    public EventOrder(JournalFiles.Deletions deletions, boolean isDamaged, BiConsumer<LogRecord, String> findings) {
        this.deletions = deletions;
        this.isDamaged = isDamaged;
        this.findings = findings;
    }

    /** The next record. */
    public void record(LogRecord record) {
        StoredEvent event;
        try {
            event = StoredEvent.of(record);
        } catch (StoredEvent.MalformedEventException e) {
            findings.accept(record, e.getMessage());
            return;
        }
        events++;
        String id = event.persistenceId();
        if (!deletions.leaves(id, record)) {
            return;
        }
        Last last = lastById.put(id, new Last(event.sequenceNr(), event.writerUuid()));
        if (last != null) {
            compare(record, event, last);
        } else if (event.sequenceNr() < 1) {
            findings.accept(record, at(event) + " has a sequence number below 1");
        }
    }

    private void compare(LogRecord record, StoredEvent event, Last last) {
        long expected = last.sequenceNr() + 1;
        if (event.sequenceNr() < expected) {
            findings.accept(record, at(event) + " comes behind event " + last.sequenceNr());
        } else if (event.sequenceNr() > expected) {
            String missing =
                    at(event) + " comes behind event " + last.sequenceNr() + ", those in between are not there";
            if (!last.writer().equals(event.writerUuid())) {
                findings.accept(
                        record,
                        missing + ": writer " + last.writer() + " ended, " + event.writerUuid()
                                + " began, and either its first events were rejected or events are lost");
            } else if (isDamaged) {
                findings.accept(record, missing + ": rejected, or lost with what is damaged");
            } else {
                rejections++;
            }
        }
    }

    private static String at(StoredEvent event) {
        return "event " + event.sequenceNr() + " of persistence id [" + event.persistenceId() + "]";
    }

    /** How many events there were, deleted ones included. */
    public long events() {
        return events;
    }

    /** How many holes are explained by rejected events. */
    public long rejections() {
        return rejections;
    }
}
