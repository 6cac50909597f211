package dev.varve.log.keys;

import com.esotericsoftware.kryo.io.Output;
import dev.varve.log.io.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.LongPredicate;

/** The keys of a sealed segment in a {@link KeyTable}. Any thread. */
public final class SegmentKeyTable implements SegmentKeySource, Closeable {
    private final KeyTable table;

    private SegmentKeyTable(KeyTable table) {
        this.table = table;
    }

    /** Opens the table of a segment; null if it is missing, damaged, or not made from exactly this much of this segment. */
    public static SegmentKeyTable open(Disk disk, Path path, long logId, long segmentId, long coveredBytes)
            throws IOException {
        return open(disk, path, logId, segmentId, covered -> covered == coveredBytes);
    }

    /** As {@link #open}, also if it was made from more of the segment. */
    static SegmentKeyTable openAtLeast(Disk disk, Path path, long logId, long segmentId, long coveredBytes)
            throws IOException {
        return open(disk, path, logId, segmentId, covered -> covered >= coveredBytes);
    }

    private static SegmentKeyTable open(Disk disk, Path path, long logId, long segmentId, LongPredicate fits)
            throws IOException {
        KeyTable table = KeyTable.open(disk, path, KeyTableLayout.Kind.SEGMENT, logId);
        if (table != null
                && (table.header().segmentId() != segmentId
                        || !fits.test(table.header().covered()))) {
            table.close();
            return null;
        }
        return table == null ? null : new SegmentKeyTable(table);
    }

    /** Writes the keys of a segment into a table. */
    public static void write(Disk disk, Path path, long logId, long segmentId, long coveredBytes, SegmentKeys keys)
            throws IOException {
        try (KeyTableWriter writer = new KeyTableWriter(
                disk, path, KeyTableLayout.Kind.SEGMENT, logId, segmentId, coveredBytes, keys.count())) {
            Output scratch = new Output(256, -1);
            for (Map.Entry<Key, SegmentKeys.Found> entry : keys.entries()) {
                writer.add(entry.getKey(), entry.getValue().encode(scratch));
            }
            writer.finish();
        }
    }

    @Override
    public SegmentKeys.Found get(Key key) throws IOException {
        byte[] value = table.get(key);
        return value == null ? null : SegmentKeys.Found.decode(value);
    }

    @Override
    public KeyCursor cursor() throws IOException {
        KeyTable.Cursor cursor = table.from(null);
        return new KeyCursor() {
            @Override
            public Key key() {
                return cursor.key();
            }

            @Override
            public KeySummary summary() {
                return found().summary();
            }

            @Override
            public SegmentKeys.Found found() {
                return SegmentKeys.Found.decode(cursor.value());
            }

            @Override
            public void advance() throws IOException {
                cursor.advance();
            }
        };
    }

    /** All of it in memory, to go on behind it. */
    public SegmentKeys load() throws IOException {
        SegmentKeys keys = new SegmentKeys();
        for (KeyTable.Cursor cursor = table.from(null); cursor.key() != null; cursor.advance()) {
            keys.put(cursor.key(), SegmentKeys.Found.decode(cursor.value()));
        }
        return keys;
    }

    @Override
    public long count() {
        return table.header().keys();
    }

    @Override
    public long memoryBytes() {
        return table.memoryBytes();
    }

    public boolean acquire() {
        return table.acquire();
    }

    public void release() throws IOException {
        table.release();
    }

    @Override
    public void close() throws IOException {
        table.close();
    }
}
