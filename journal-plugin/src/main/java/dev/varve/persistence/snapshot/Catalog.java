package dev.varve.persistence.snapshot;

import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Which snapshots a persistence id has. Not thread-safe: whoever has the {@link Turns turn} of the persistence id may use it.
 */
final class Catalog {
    /**
     * A snapshot that there is.
     *
     * @param number of its record
     */
    record Entry(long number, long sequenceNr, long timestamp) {}

    /** By their numbers. Nothing that is deleted or replaced. */
    private final SortedMap<Long, Entry> entries = new TreeMap<>();

    /** Numbers of records that could not be read and have no snapshot behind them, so that they may be the newest. */
    private final TreeMap<Long, String> unreadable = new TreeMap<>();

    private long highestNumber;
    private long maxSequenceNr;

    Catalog() {}

    /** Takes in the next record. */
    void add(SnapshotRecord record) {
        highestNumber = record.number();
        maxSequenceNr = Math.max(maxSequenceNr, record.maxSequenceNrBefore());
        if (record instanceof SnapshotRecord.Saved saved) {
            entries.values().removeIf(entry -> entry.sequenceNr() == saved.sequenceNr());
            entries.put(saved.number(), new Entry(saved.number(), saved.sequenceNr(), saved.timestamp()));
            maxSequenceNr = Math.max(maxSequenceNr, saved.sequenceNr());
            unreadable.clear();
        } else if (record instanceof SnapshotRecord.Deletion deletion) {
            deletion.numbers().forEach(entries::remove);
        }
    }

    /** The next record cannot be read. */
    void addUnreadable(long number, String problem) {
        highestNumber = number;
        unreadable.put(number, problem);
    }

    /** Snapshots are deleted. */
    void remove(Collection<Entry> deleted) {
        deleted.forEach(entry -> entries.remove(entry.number()));
    }

    /** The number of the last record; 0 if there is none. */
    long highestNumber() {
        return highestNumber;
    }

    /** The greatest sequence number of all snapshots so far, the deleted ones included; 0 if there were none. */
    long maxSequenceNr() {
        return maxSequenceNr;
    }

    int size() {
        return entries.size();
    }

    List<Entry> matching(Predicate<Entry> wanted) {
        return entries.values().stream().filter(wanted).toList();
    }

    /**
     * The least number of a record that is still needed when some snapshots are gone; empty if none is. What cannot be read is needed as
     * long as it may be the newest: it shows that there was one.
     */
    OptionalLong firstNeededWithout(Collection<Entry> gone) {
        long first = unreadable.isEmpty() ? Long.MAX_VALUE : unreadable.firstKey();
        for (Entry entry : entries.values()) {
            if (!gone.contains(entry)) {
                first = Math.min(first, entry.number());
                break;
            }
        }
        return first == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(first);
    }
}
