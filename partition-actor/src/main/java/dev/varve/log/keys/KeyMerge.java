package dev.varve.log.keys;

import com.esotericsoftware.kryo.io.Output;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/** Merges an old directory and the keys of segments, each in the order of keys, into a new directory. */
final class KeyMerge {
    private final KeyTable.Cursor old;
    private final PriorityQueue<Run> runs = new PriorityQueue<>();

    /** The keys of one segment; of two with the same key the older segment comes first. */
    private record Run(KeyCursor cursor, long baseOffset) implements Comparable<Run> {
        @Override
        public int compareTo(Run other) {
            int byKey = cursor.key().compareTo(other.cursor.key());
            return byKey != 0 ? byKey : Long.compare(baseOffset, other.baseOffset);
        }
    }

    KeyMerge(KeyTable oldDirectory, List<SegmentKeySource> tables, long[] baseOffsets) throws IOException {
        old = oldDirectory == null ? null : oldDirectory.from(null);
        for (int i = 0; i < tables.size(); i++) {
            queue(new Run(tables.get(i).cursor(), baseOffsets[i]));
        }
    }

    private void queue(Run run) {
        if (run.cursor().key() != null) {
            runs.add(run);
        }
    }

    void into(KeyTableWriter writer) throws IOException {
        Output scratch = new Output(256, -1);
        for (Key key = leastKey(); key != null; key = leastKey()) {
            KeyEntry entry = KeyEntry.NOTHING;
            if (old != null && key.equals(old.key())) {
                entry = KeyEntry.decode(old.value());
                old.advance();
            }
            List<Run> same = new ArrayList<>();
            while (!runs.isEmpty() && runs.peek().cursor().key().equals(key)) {
                same.add(runs.poll());
            }
            for (Run run : same) {
                entry = entry.plus(run.cursor().summary(), run.baseOffset());
                run.cursor().advance();
                queue(run);
            }
            if (!entry.summary().isEmpty()) {
                writer.add(key, entry.encode(scratch));
            }
        }
    }

    private Key leastKey() {
        Key fromRuns = runs.isEmpty() ? null : runs.peek().cursor().key();
        Key fromOld = old == null ? null : old.key();
        if (fromRuns == null || fromOld == null) {
            return fromRuns == null ? fromOld : fromRuns;
        }
        return fromOld.compareTo(fromRuns) < 0 ? fromOld : fromRuns;
    }
}
