package dev.varve.log;

import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.KeyControl;
import dev.varve.log.format.LogRecord;
import dev.varve.log.keys.Key;
import dev.varve.log.keys.KeyTable;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/**
 * The records of a {@link PartitionLog} by their keys. A key is any bytes; its records may be numbered by their writer
 * ({@link dev.varve.log.format.NewRecord#keySequence()}). Any thread may look, beside appends and other lookers; it blocks for the disk.
 * Deletions are appends: they take turns with others and are as durable as the log's {@link SyncPolicy} says.
 *
 * <p>What a look costs does not depend on the size of the log: {@link #state} reads the disk once at most, {@link #read} opens the
 * segments that hold records of the key, and no others.
 */
public final class KeyedRecords {
    private final PartitionLog log;
    private final Supplier<LogView> view;
    private final LogKeys keys;
    private final Object writing;

    KeyedRecords(PartitionLog log, Supplier<LogView> view, LogKeys keys, Object writing) {
        this.log = log;
        this.view = view;
        this.keys = keys;
        this.writing = writing;
    }

    /** Something that reads the disk. */
    private interface Look<T> {
        T run() throws IOException;
    }

    /** Looks; once more when the directory of keys turned out to be damaged, or was made anew meanwhile and not whole. */
    private <T> T look(String attempt, Look<T> look) {
        try {
            long making = keys.makings();
            try {
                T found = look.run();
                if (LogKeys.isWhole(making) && keys.makings() == making) {
                    return found;
                }
            } catch (KeyTable.DamagedTableException e) {
                synchronized (writing) {
                    keys.learnAnew(view.get());
                    return look.run();
                }
            }
            synchronized (writing) {
                if (!LogKeys.isWhole(keys.makings())) {
                    // Whoever was about to make it anew has failed.
                    keys.learnAnew(view.get());
                }
                return look.run();
            }
        } catch (CodecUnavailableException e) {
            throw new LogException.CodecUnavailable(log.directory(), e);
        } catch (IOException e) {
            if (log.state() == LogState.CLOSED) {
                throw new LogException.Closed(log.directory());
            }
            throw new LogException.IoFailed(log.directory(), -1, attempt, e);
        }
    }

    /**
     * What the log knows of a key; {@link KeyState#UNKNOWN} if nothing.
     *
     * @throws LogException.IoFailed if the operating system cannot read
     * @throws LogException.Closed if the log was closed
     */
    public KeyState state(byte[] key) {
        return look("looking up a key in", () -> keys.state(key));
    }

    /** The highest sequence of a key that the caller, who changes the log, is about to add to. */
    long highestSequenceBeforeAdding(Key key) {
        return look("looking up a key in", () -> keys.highestSequenceBeforeAdding(key));
    }

    /**
     * Reads records of one key in the order of the log, without those that are deleted.
     *
     * @param fromSequence the least key sequence wanted; 0 for all
     * @param fromOffset the least offset wanted; 0 at first, then what {@link KeyedRead#nextOffset()} says
     * @param maxBytes a budget for the batches that are read, 0 or more; the records of at least one are given whatever the budget,
     *     if there is one
     * @throws LogException.CorruptRecord if records of the key are, or may be, lost from {@code fromOffset} on; those before are given
     *     first. Reading may go on behind its last offset
     * @throws LogException.CodecUnavailable at a batch that this process has no means to decompress, likewise
     * @throws LogException.IoFailed if the operating system cannot read
     * @throws LogException.Closed if the log was closed
     */
    public KeyedRead read(byte[] key, long fromSequence, long fromOffset, int maxBytes) {
        if (fromSequence < 0 || fromOffset < 0 || maxBytes < 0) {
            throw new IllegalArgumentException("fromSequence, fromOffset and maxBytes must be 0 or more, not "
                    + fromSequence + ", " + fromOffset + " and " + maxBytes);
        }
        return look(
                "reading the records of a key from",
                () -> readAgainIfSegmentsWent(key, fromSequence, fromOffset, maxBytes));
    }

    /**
     * Those of some records of the log that are not deleted, in their order: what was read in the order of the log, as {@link #read} would
     * give it. Records without a key are never deleted.
     *
     * @throws LogException.IoFailed if the operating system cannot read
     * @throws LogException.Closed if the log was closed
     */
    public List<LogRecord> withoutDeleted(List<LogRecord> records) {
        return look("looking for deletions in", () -> keys.withoutDeleted(records));
    }

    /** A segment can be deleted or replaced while it is read. */
    private KeyedRead readAgainIfSegmentsWent(byte[] key, long fromSequence, long fromOffset, int maxBytes)
            throws IOException {
        while (true) {
            LogView seen = view.get();
            try {
                return keys.read(seen, key, fromSequence, fromOffset, maxBytes);
            } catch (IOException e) {
                if (!log.haveSegmentsGone(seen)) {
                    throw e;
                }
            }
        }
    }

    /**
     * Keys that the log knows, those whose records are all deleted included, in an order of their own that never changes. What is
     * appended meanwhile may or may not be among them.
     *
     * @param after the key behind which to go on; null for the first ones
     * @param limit how many at most, 1 or more
     * @return fewer than the limit if there are no more behind them
     * @throws LogException.IoFailed if the operating system cannot read
     * @throws LogException.Closed if the log was closed
     */
    public List<byte[]> keysAfter(byte[] after, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit must be 1 or more, not " + limit);
        }
        return look("listing the keys of", () -> keys.keysAfter(after, limit));
    }

    /**
     * Deletes the records of a key up to a key sequence, by appending one small record. The highest sequence stays known. Their space
     * comes back when the segments are compacted.
     *
     * @param toSequence up to and including this one; what is above the highest sequence is taken for it, so
     *     {@link Long#MAX_VALUE} means all so far
     * @return what is known of the key then
     * @throws LogException as {@link PartitionLog#commit}
     */
    public KeyState deleteTo(byte[] key, long toSequence) {
        synchronized (writing) {
            KeyState before = state(key);
            long to = Math.min(toSequence, before.highestSequence());
            if (to <= before.deletedTo()) {
                return before;
            }
            log.commitControl(new KeyControl(KeyControl.Kind.DELETED, key, to, before.highestSequence()));
            return new KeyState(before.highestSequence(), to, before.lastOffset());
        }
    }

    /**
     * Forgets a key altogether: its records, its deletions and its highest sequence, as if it had never been used.
     *
     * @return whether it was known
     * @throws LogException as {@link PartitionLog#commit}
     */
    public boolean forget(byte[] key) {
        synchronized (writing) {
            if (state(key).equals(KeyState.UNKNOWN)) {
                return false;
            }
            log.commitControl(new KeyControl(KeyControl.Kind.FORGOTTEN, key, 0, 0));
            return true;
        }
    }
}
