package dev.varve.log.keys;

import com.esotericsoftware.kryo.io.Output;
import dev.varve.log.io.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * What is known of each key over all segments of a log: a table on disk, the checkpoint, and in memory what has changed since. A look
 * at a key reads the disk once at most, whether the key is known or not. One thread adds and checkpoints; any thread looks.
 */
public final class KeyDirectory implements Closeable {
    private final Disk disk;
    private final Path path;
    private final long logId;
    private volatile State state;
    private long changedBytes;

    /**
     * What lookers see: replaced as a whole by a checkpoint.
     *
     * @param checkpoint the table, or null if there is none
     * @param changed what has changed since
     */
    private record State(KeyTable checkpoint, ConcurrentNavigableMap<Key, KeyEntry> changed) {}

    private KeyDirectory(Disk disk, Path path, long logId, KeyTable checkpoint) {
        this.disk = disk;
        this.path = path;
        this.logId = logId;
        this.state = new State(checkpoint, new ConcurrentSkipListMap<>());
    }

    /** Opens the checkpoint in a file, or begins without one if it is missing, damaged or of another log. */
    public static KeyDirectory open(Disk disk, Path path, long logId) throws IOException {
        return new KeyDirectory(disk, path, logId, KeyTable.open(disk, path, KeyTableLayout.Kind.DIRECTORY, logId));
    }

    /** The log end offset at the last checkpoint: what lies behind is not in it; 0 if there is none. */
    public long coveredOffset() {
        KeyTable checkpoint = state.checkpoint();
        return checkpoint == null ? 0 : checkpoint.header().covered();
    }

    /** Adds what a segment says of a key. */
    public void add(Key key, KeySummary summary, long baseOffset) {
        ConcurrentNavigableMap<Key, KeyEntry> changed = state.changed();
        KeyEntry before = changed.get(key);
        KeyEntry entry = (before == null ? KeyEntry.NOTHING : before).plus(summary, baseOffset);
        changed.put(key, entry);
        changedBytes += before == null
                ? 100 + key.memoryBytes() + entry.memoryBytes()
                : entry.memoryBytes() - before.memoryBytes();
    }

    /** About how much memory the changes since the last checkpoint take. */
    public long changedBytes() {
        return changedBytes;
    }

    /** How many keys have changed since the last checkpoint. */
    public int changedKeys() {
        return state.changed().size();
    }

    /** How many keys the last checkpoint has. */
    public long checkpointKeys() {
        KeyTable checkpoint = state.checkpoint();
        return checkpoint == null ? 0 : checkpoint.header().keys();
    }

    /** Something that is done with a state whose table stays open meanwhile. */
    private interface Look<T> {
        T at(State state) throws IOException;
    }

    private <T> T look(Look<T> look) throws IOException {
        while (true) {
            State seen = state;
            if (seen.checkpoint() == null) {
                return look.at(seen);
            }
            if (seen.checkpoint().acquire()) {
                try {
                    return look.at(seen);
                } finally {
                    seen.checkpoint().release();
                }
            }
            if (state == seen) {
                throw new IOException("the log is closed");
            }
        }
    }

    /**
     * What is known of a key; null if nothing.
     *
     * @throws KeyTable.DamagedTableException if the checkpoint is damaged
     */
    public KeyEntry get(Key key) throws IOException {
        return look(seen -> {
            KeyEntry entry = find(seen, key);
            return entry == null || entry.summary().isEmpty() ? null : entry;
        });
    }

    private static KeyEntry find(State seen, Key key) throws IOException {
        KeyEntry changed = seen.changed().get(key);
        if (changed != null && changed.isWhole()) {
            return changed;
        }
        byte[] stored = seen.checkpoint() == null ? null : seen.checkpoint().get(key);
        return plus(stored == null ? null : KeyEntry.decode(stored), changed);
    }

    /**
     * The highest sequence of a key, 0 if nothing is known of it. For the thread that adds, which is about to add to this very key: what
     * the checkpoint says is kept in memory, so that the next look at the key reads no disk.
     *
     * @throws KeyTable.DamagedTableException if the checkpoint is damaged
     */
    public long highestSequenceBeforeAdding(Key key) throws IOException {
        State seen = state;
        KeyEntry changed = seen.changed().get(key);
        if (changed != null && changed.isWhole()) {
            return changed.summary().highestSequence();
        }
        KeyEntry found = look(same -> find(same, key));
        KeyEntry whole = (found == null ? KeyEntry.NOTHING : found).whole();
        seen.changed().put(key, whole);
        changedBytes += changed == null
                ? 100 + key.memoryBytes() + whole.memoryBytes()
                : whole.memoryBytes() - changed.memoryBytes();
        return whole.summary().highestSequence();
    }

    private static KeyEntry plus(KeyEntry stored, KeyEntry changed) {
        if (stored == null || changed == null) {
            return stored == null ? changed : stored;
        }
        return stored.plus(changed);
    }

    /** So many keys behind this one, or from the first if it is null, in the order of keys; the forgotten ones left out. */
    public List<Key> keysAfter(Key after, int limit) throws IOException {
        return look(seen -> {
            NavigableMap<Key, KeyEntry> changed =
                    after == null ? seen.changed() : seen.changed().tailMap(after, false);
            List<Key> keys = new ArrayList<>();
            merge(seen.checkpoint(), after, changed, (key, entry) -> {
                if (!key.equals(after) && !entry.summary().isEmpty()) {
                    keys.add(key);
                }
                return keys.size() < limit;
            });
            return keys;
        });
    }

    /** Takes keys in their order. */
    interface Visitor {
        /** @return whether to go on */
        boolean entry(Key key, KeyEntry entry) throws IOException;
    }

    private static void merge(KeyTable table, Key first, NavigableMap<Key, KeyEntry> changed, Visitor visitor)
            throws IOException {
        KeyTable.Cursor stored = table == null ? null : table.from(first);
        for (Map.Entry<Key, KeyEntry> change : changed.entrySet()) {
            while (stored != null && stored.key() != null && stored.key().compareTo(change.getKey()) < 0) {
                if (!visitor.entry(stored.key(), KeyEntry.decode(stored.value()))) {
                    return;
                }
                stored.advance();
            }
            boolean same = stored != null && change.getKey().equals(stored.key());
            KeyEntry entry = same ? KeyEntry.decode(stored.value()).plus(change.getValue()) : change.getValue();
            if (!visitor.entry(change.getKey(), entry)) {
                return;
            }
            if (same) {
                stored.advance();
            }
        }
        while (stored != null && stored.key() != null) {
            if (!visitor.entry(stored.key(), KeyEntry.decode(stored.value()))) {
                return;
            }
            stored.advance();
        }
    }

    /**
     * Writes all that is known into a new table. Streams: holds a bucket of the old one and what has changed.
     *
     * @param segmentId the active segment
     * @param logEndOffset up to where everything was added
     */
    public void checkpoint(long segmentId, long logEndOffset) throws IOException {
        State before = state;
        long expected = checkpointKeys() + before.changed().size();
        try (KeyTableWriter writer = new KeyTableWriter(
                disk, path, KeyTableLayout.Kind.DIRECTORY, logId, segmentId, logEndOffset, expected)) {
            Output scratch = new Output(256, -1);
            merge(before.checkpoint(), null, before.changed(), (key, entry) -> {
                if (!entry.summary().isEmpty()) {
                    writer.add(key, entry.encode(scratch));
                }
                return true;
            });
            writer.finish();
        }
        replace();
    }

    /**
     * Makes the checkpoint anew from the tables of segments, the last one being the newest, on top of the one that is there unless
     * that is to be dropped; forgets what has changed. Streams: holds a bucket of each table.
     *
     * @param baseOffsets of the segments, one for each table
     */
    public void rebuild(
            List<SegmentKeySource> tables, long[] baseOffsets, boolean dropOld, long segmentId, long logEndOffset)
            throws IOException {
        KeyTable old = dropOld ? null : state.checkpoint();
        long expected = old == null ? 0 : old.header().keys();
        for (SegmentKeySource table : tables) {
            expected += table.count();
        }
        try (KeyTableWriter writer = new KeyTableWriter(
                disk, path, KeyTableLayout.Kind.DIRECTORY, logId, segmentId, logEndOffset, expected)) {
            new KeyMerge(old, tables, baseOffsets).into(writer);
            writer.finish();
        }
        replace();
    }

    /** Forgets the checkpoint and what has changed since. */
    public void forgetAll() throws IOException {
        State before = state;
        state = new State(null, new ConcurrentSkipListMap<>());
        changedBytes = 0;
        if (before.checkpoint() != null) {
            before.checkpoint().close();
        }
    }

    private void replace() throws IOException {
        State before = state;
        KeyTable table = KeyTable.open(disk, path, KeyTableLayout.Kind.DIRECTORY, logId);
        if (table == null) {
            throw new IOException(path + " was written and cannot be read");
        }
        state = new State(table, new ConcurrentSkipListMap<>());
        changedBytes = 0;
        if (before.checkpoint() != null) {
            before.checkpoint().close();
        }
    }

    @Override
    public void close() throws IOException {
        if (state.checkpoint() != null) {
            state.checkpoint().close();
        }
    }
}
