package dev.varve.log.keys;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The keys of one segment, in memory: of the active one while it grows, of others while their table is made. One thread adds; any
 * thread looks, at the same time.
 */
public final class SegmentKeys implements SegmentKeySource {
    private final ConcurrentSkipListMap<Key, Found> byKey = new ConcurrentSkipListMap<>();
    private long memoryBytes;

    /**
     * What a segment holds of a key.
     *
     * @param summary what its records say of the key
     * @param postings the frames that hold them
     */
    public record Found(KeySummary summary, KeyPostings postings) {
        byte[] encode(Output scratch) {
            scratch.reset();
            summary.write(scratch);
            postings.write(scratch);
            return scratch.toBytes();
        }

        static Found decode(byte[] value) {
            Input input = new Input(value);
            return new Found(KeySummary.read(input), KeyPostings.read(input));
        }
    }

    /** Takes note of a record; records come in the order of the log. */
    public void addRecord(Key key, long position, long offset, long keySequence) {
        Found before = byKey.get(key);
        Found found = before == null ? added(key) : before;
        found.postings().add(position, keySequence);
        byKey.put(key, new Found(found.summary().withRecord(offset, keySequence), found.postings()));
        count(found);
    }

    /** Takes note of a deletion. */
    public void addDeletion(Key key, long toSequence, long knownHighest) {
        Found before = byKey.get(key);
        Found found = before == null ? added(key) : before;
        byKey.put(key, new Found(found.summary().withDeletion(toSequence, knownHighest), found.postings()));
    }

    /** Takes note that all before was forgotten. */
    public void addForgotten(Key key, long offset) {
        if (!byKey.containsKey(key)) {
            added(key);
        }
        byKey.put(key, new Found(KeySummary.forgotten(offset), new KeyPostings()));
    }

    /** Puts what is known of a key already. */
    void put(Key key, Found found) {
        byKey.put(key, found);
        memoryBytes += 100 + key.memoryBytes() + found.postings().memoryBytes();
    }

    private Found added(Key key) {
        memoryBytes += 100 + key.memoryBytes();
        return new Found(KeySummary.NOTHING, new KeyPostings());
    }

    private void count(Found found) {
        // Arrays double, so this counts what they take together, nearly.
        memoryBytes += found.postings().count() == 1 ? found.postings().memoryBytes() : 24;
    }

    @Override
    public Found get(Key key) {
        return byKey.get(key);
    }

    /** All keys, in their order. */
    public Iterable<Map.Entry<Key, Found>> entries() {
        return byKey.entrySet();
    }

    @Override
    public long count() {
        return byKey.size();
    }

    @Override
    public KeyCursor cursor() {
        Iterator<Map.Entry<Key, Found>> entries = byKey.entrySet().iterator();
        return new KeyCursor() {
            private Map.Entry<Key, Found> current = next();

            private Map.Entry<Key, Found> next() {
                return entries.hasNext() ? entries.next() : null;
            }

            @Override
            public Key key() {
                return current == null ? null : current.getKey();
            }

            @Override
            public KeySummary summary() {
                return found().summary();
            }

            @Override
            public Found found() {
                return current.getValue();
            }

            @Override
            public void advance() {
                current = next();
            }
        };
    }

    @Override
    public long memoryBytes() {
        return memoryBytes;
    }
}
